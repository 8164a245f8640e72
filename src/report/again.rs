//! The commands that make a report again.

use super::Report;

impl Report<'_> {
    /// `byolab VERB EXPERIMENT` with every override, quoted for a POSIX shell.
    pub(super) fn command(&self, verb: &str) -> String {
        let experiment = &self.plan.experiment;
        let built_in = experiment.origin.starts_with("built in");
        let mut words = vec!["byolab", verb, if built_in { &experiment.name } else { &experiment.origin }];
        let seeds = self.overrides.seeds.as_ref().map(|seeds| {
            let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
            seeds.join(",")
        });
        let options =
            [("--set", &self.overrides.set), ("--axis", &self.overrides.axes), ("--only", &self.overrides.only)];
        let pairs = options.into_iter().flat_map(|(flag, values)| values.iter().map(move |value| (flag, value)));
        words.extend(pairs.chain(seeds.iter().map(|seeds| ("--seeds", seeds))).flat_map(|(flag, value)| [flag, value]));
        words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
    }
}

fn quoted(word: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "-_=.,:/+".contains(letter);
    if !word.is_empty() && word.chars().all(safe) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        let check = |word: &str, expected: &str| assert_eq!(quoted(word), expected);
        check("train.batch=64", "train.batch=64");
        check("my experiments/one.toml", "'my experiments/one.toml'");
        check("augment=\"byol\"", "'augment=\"byol\"'");
        check("it's", r"'it'\''s'");
    }
}
