//! What the command line changes about an experiment.

use serde::{Deserialize, Serialize};

use super::{
    Axis, AxisValue, Experiment, Look, Problem,
    experiment::axis_key,
    fold, parse,
    problem::Spot,
    settings::Settings,
    typed,
    words::{choices, nearest_or_all},
};

/// What the command line changes: `--set KEY=VALUE`, `--axis KEY=V1,V2`, `--only KEY=V1,V2`, `--seeds 0,1`, `--until-decided`. Values are typed
/// as [`typed`] has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// `KEY=VALUE`: holds for every cell.
    pub set: Vec<String>,
    /// `KEY=V1,V2`: what varies, in place of the file's axis of that key or beside its axes.
    pub axes: Vec<String>,
    /// `KEY=V1,V2`: the values of an axis that are kept.
    pub only: Vec<String>,
    /// In place of the file's.
    pub seeds: Option<Vec<u64>>,
    /// `--until-decided`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<UntilDecided>,
}

/// Seed after seed, until every claim is decided: claims are judged after every heat, so that they are judged as where a file
/// says `look = "always"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntilDecided {
    /// Seeds of a cell at most: those of the experiment first, then the smallest whole numbers that are not among them.
    pub most_seeds: usize,
    /// Seconds of training at most; none where only the seeds are limited.
    pub budget: Option<u64>,
}

impl UntilDecided {
    /// Seeds where nobody says how many at most.
    pub const MOST_SEEDS: usize = 20;

    /// The same with no more than so many seeds.
    #[must_use]
    pub fn of(self, seeds: usize) -> Self {
        Self { most_seeds: self.most_seeds.min(seeds), ..self }
    }

    fn flags(self) -> Vec<String> {
        let budget = self.budget.map(|seconds| ["--budget".to_owned(), format!("{seconds}s")]);
        let most = ["--until-decided".to_owned(), "--most-seeds".to_owned(), self.most_seeds.to_string()];
        most.into_iter().chain(budget.into_iter().flatten()).collect()
    }

    fn apply(self, experiment: &mut Experiment) -> Option<Problem> {
        experiment.look = Look::Always;
        let seeds = &mut experiment.seeds;
        for seed in 0..self.most_seeds as u64 {
            if seeds.len() < self.most_seeds && !seeds.contains(&seed) {
                seeds.push(seed);
            }
        }
        let nothing = || Spot::named("--until-decided").problem("this experiment makes no claim", Some(REMEDY.into()));
        experiment.claims.is_empty().then(nothing)
    }
}

/// What helps where there is nothing to decide.
const REMEDY: &str = "write what is to be decided as a [[claim]] into its file";

/// Problems of the flags of one kind behind which no further flag is read: what is wrong by then is no slip of a key, and
/// each unknown name is compared with every known one.
const ENOUGH: usize = 50;

impl Overrides {
    /// What several flags say, each of which may hold several of its kind between semicolons.
    pub fn typed(set: &[String], axes: &[String], only: &[String], seeds: Option<Vec<u64>>) -> Self {
        let parted = |flags: &[String]| -> Vec<String> {
            let parts = flags.iter().flat_map(|flag| typed::parts(flag, ';'));
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        Self { set: parted(set), axes: parted(axes), only: parted(only), seeds, until: None }
    }

    /// The flags and their values, as the command line takes them.
    pub fn flags(&self) -> Vec<String> {
        let told = [("--set", &self.set), ("--axis", &self.axes), ("--only", &self.only)];
        let told = told.into_iter().flat_map(|(flag, values)| values.iter().map(move |value| (flag, whole(value))));
        let seeds = self.seeds.as_ref().map(|seeds| {
            let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
            ("--seeds", seeds.join(","))
        });
        let told = told.chain(seeds).flat_map(|(flag, value)| [flag.to_owned(), value]);
        told.chain(self.until.into_iter().flat_map(UntilDecided::flags)).collect()
    }

    /// Changes the axes and seeds of `experiment`; what `--set` says, and everything wrong with the flags.
    pub(super) fn apply(&self, experiment: &mut Experiment) -> (Settings, Vec<Problem>) {
        let mut problems = each("--axis", &self.axes, |typed| axis(typed, experiment));
        for typed in &self.axes {
            fold::partial(experiment, axis_key(split(typed).0));
        }
        let set = self.settings(experiment, &mut problems);
        if let Some(seed) = set.get("train.seed").and_then(|setting| setting.value.as_integer()) {
            experiment.seeds = vec![seed as u64];
        }
        problems.extend(each("--only", &self.only, |typed| only(typed, experiment).err().into_iter().collect()));
        if let Some(seeds) = &self.seeds {
            problems.extend(twice(seeds));
            experiment.seeds = seeds.clone();
        }
        problems.extend(self.until.and_then(|until| until.apply(experiment)));
        (set, problems)
    }

    fn settings(&self, experiment: &mut Experiment, problems: &mut Vec<Problem>) -> Settings {
        let mut all = Settings::new();
        problems.extend(each("--set", &self.set, |typed| {
            let read = parse::flag("--set", typed, &mut experiment.base.sets);
            read.map(|settings| all.extend(settings)).err().unwrap_or_default()
        }));
        for (key, setting) in &all {
            if let Some(axis) = experiment.axes.iter().find(|axis| varies(axis, key)) {
                let remedy = format!("choose among its values with --only {}=...", axis.key);
                problems.push(setting.spot.problem(format!("`{key}` varies in this experiment"), Some(remedy)));
            }
        }
        all
    }
}

/// Everything that `problems` finds wrong with each of the flags, up to [`ENOUGH`].
fn each(flag: &str, typed: &[String], mut problems: impl FnMut(&str) -> Vec<Problem>) -> Vec<Problem> {
    let mut found = Vec::new();
    for (read, one) in typed.iter().enumerate() {
        if found.len() >= ENOUGH {
            let text = format!("{} more were not read", typed.len() - read);
            found.push(Spot::named(flag).problem(text, Some("mend those before".into())));
            break;
        }
        found.extend(problems(one));
    }
    found
}

/// `KEY=V1,V2` without a semicolon that would part it.
fn whole(typed: &str) -> String {
    let (key, Some(values)) = split(typed) else { return typed.to_owned() };
    if typed::parts(typed, ';').len() == 1 {
        return typed.to_owned();
    }
    let value = |part: &str| if typed::parts(part, ';').len() > 1 { typed::text(part) } else { part.to_owned() };
    let values: Vec<String> = typed::parts(values, ',').into_iter().map(value).collect();
    format!("{key}={}", values.join(","))
}

/// Whether the values of `axis` are told apart by the recipe key `dotted`.
fn varies(axis: &Axis, dotted: &str) -> bool {
    let within = dotted.strip_prefix(&axis.key).and_then(|rest| rest.strip_prefix('.'));
    let tells = |value: &AxisValue, key: &str| key == "name" || value.label.to_string().contains(&format!("{key}="));
    axis.key == dotted || within.is_some_and(|key| axis.values.iter().any(|value| tells(value, key)))
}

/// Puts the values of `KEY=V1,V2` in the place of those of an axis, or makes the axis; everything wrong with them.
fn axis(typed: &str, experiment: &mut Experiment) -> Vec<Problem> {
    let spot = Spot::flag("--axis", typed);
    let (key, Some(values)) = split(typed) else { return vec![no_values(&spot)] };
    let key = axis_key(key);
    match parse::axis_values(&spot.place, key, values, &mut experiment.base.sets) {
        Ok((values, spots)) => {
            put(&mut experiment.axes, key, values);
            experiment.base.spots.extend(spots);
            Vec::new()
        }
        Err(problems) => problems,
    }
}

/// A new axis comes last, so that what is trained side by side stays together; methods come first.
fn put(axes: &mut Vec<Axis>, key: &str, values: Vec<AxisValue>) {
    match axes.iter_mut().find(|axis| axis.key == key) {
        Some(axis) => axis.values = values,
        None => {
            let place = if key == "method" { 0 } else { axes.len() };
            axes.insert(place, Axis { key: key.into(), values });
        }
    }
}

/// Keeps the values of one axis that `KEY=V1,V2` names.
fn only(typed: &str, experiment: &mut Experiment) -> Result<(), Problem> {
    let spot = Spot::flag("--only", typed);
    let (key, Some(values)) = split(typed) else { return Err(no_values(&spot)) };
    let Some(place) = experiment.axes.iter().position(|axis| axis.key == axis_key(key)) else {
        let keys: Vec<&str> = experiment.axes.iter().map(|axis| axis.key.as_str()).collect();
        return Err(spot.problem(format!("there is no axis `{key}`"), Some(nearest_or_all(key, &keys))));
    };
    let mut kept = Vec::new();
    for part in typed::parts(values, ',') {
        kept.extend(meant(part, place, experiment).ok_or_else(|| {
            let axis = &experiment.axes[place];
            let names: Vec<String> = axis.values.iter().map(|value| typed::text(&value.label.to_string())).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            spot.problem(
                format!("`{part}` is not on the axis `{}`", axis.key),
                Some(format!("there is {}", choices(&names))),
            )
        })?);
    }
    let mut number = 0..;
    experiment.axes[place].values.retain(|_| number.next().is_some_and(|number| kept.contains(&number)));
    Ok(())
}

/// The places of the values that `part` means on an axis: by its label, or by what a file would say (`0.10` is 0.1).
fn meant(part: &str, axis: usize, experiment: &Experiment) -> Option<Vec<usize>> {
    let (axis, label) = (&experiment.axes[axis], typed::plain(part));
    if let Some(place) = axis.values.iter().position(|value| value.label.to_string() == label) {
        return Some(vec![place]);
    }
    let (values, _) = parse::axis_values("--only", &axis.key, part, &mut experiment.base.sets.clone()).ok()?;
    values.iter().map(|meant| axis.values.iter().position(|value| value.value == meant.value)).collect()
}

/// The key of `KEY=V1,V2`, and the text of its values.
fn split(typed: &str) -> (&str, Option<&str>) {
    typed.split_once('=').map_or((typed.trim(), None), |(key, values)| (key.trim(), Some(values)))
}

fn no_values(spot: &Spot) -> Problem {
    spot.problem("there is no `=`", Some("use KEY=V1,V2: train.batch=512,64".into()))
}

fn twice(seeds: &[u64]) -> Option<Problem> {
    let again = (1..seeds.len()).find(|&i| seeds[..i].contains(&seeds[i]))?;
    Some(Spot::named("--seeds").problem(format!("seed {} stands twice", seeds[again]), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Experiment, Plan, Problems};

    const NASTY: &str = r##"
        [[axis]]
        key = "augment"
        values = ["full, \"all\"", "no_color & 50% #1", "[0.2, 1.0]", "无颜色 é", "../up", "a;b", "l'été", "5", "a[b", "true",
            { first = [{ op = "flip" }] }, { first = [{ op = "flip", p = 0.3 }, { op = "crop", area = [0.2, 1.0] }] }]
        [[axis]]
        key = "train"
        values = [{ schedule = "steps", milestones = [2] }, { schedule = "steps", milestones = [2, 3] }, { schedule = "cosine" }]
        [augment]
        "full, \"all\"".first = [{ op = "flip", p = 0.1 }]
        "no_color & 50% #1".first = [{ op = "flip", p = 0.11 }]
        "[0.2, 1.0]".first = [{ op = "flip", p = 0.12 }]
        "无颜色 é".first = [{ op = "flip", p = 0.13 }]
        "../up".first = [{ op = "flip", p = 0.14 }]
        "a;b".first = [{ op = "flip", p = 0.15 }]
        "l'été".first = [{ op = "flip", p = 0.16 }]
        "5".first = [{ op = "flip", p = 0.17 }]
        "a[b".first = [{ op = "flip", p = 0.18 }]
        "true".first = [{ op = "flip", p = 0.19 }]
    "##;

    fn planned(text: &str, overrides: &Overrides) -> Plan {
        Plan::new(Experiment::parse("x", "x.toml", text).unwrap(), overrides).unwrap()
    }

    fn labels(plan: &Plan, axis: usize) -> Vec<String> {
        plan.experiment.axes[axis].values.iter().map(|value| value.label.to_string()).collect()
    }

    #[test]
    fn every_label_is_a_flag_that_means_it() {
        let whole = planned(NASTY, &Overrides::default());
        for (place, axis) in whole.experiment.axes.iter().enumerate() {
            for pair in axis.values.windows(2) {
                let kept = planned(NASTY, &Overrides { only: vec![axis.only(pair)], ..Overrides::default() });
                let expected: Vec<String> = pair.iter().map(|value| value.label.to_string()).collect();
                assert_eq!(labels(&kept, place), expected);
            }
        }
    }

    #[test]
    fn of_flags_that_are_all_wrong_the_first_are_told() {
        let flags: Vec<String> = (0..20_000).map(|number| format!("k{number}=1")).collect();
        for (overrides, told) in [
            (Overrides { set: flags.clone(), ..Overrides::default() }, "--set"),
            (Overrides { axes: flags.clone(), ..Overrides::default() }, "--axis"),
            (Overrides { only: flags.clone(), ..Overrides::default() }, "--only"),
        ] {
            let begun = std::time::Instant::now();
            let Problems(found) = Plan::new(Experiment::find("demo").unwrap(), &overrides).unwrap_err();
            assert_eq!((found.len(), &found[ENOUGH].place[..]), (ENOUGH + 1, told));
            assert_eq!(found[ENOUGH].text, "19950 more were not read");
            assert!(begun.elapsed().as_secs() < 1);
        }
    }

    #[test]
    fn flags_say_what_they_came_from() {
        let told = Overrides {
            set: vec!["data.path=a;b".into(), "train.epochs=3".into()],
            axes: vec!["augment=a;b,\"c;d\",e".into(), "train.batch=64,32".into()],
            only: vec!["augment=\"a;b\"".into()],
            seeds: Some(vec![0, 7]),
            until: None,
        };
        let flags = told.flags();
        let of = |flag: &str| -> Vec<String> {
            flags.chunks(2).filter(|pair| pair[0] == flag).map(|pair| pair[1].clone()).collect()
        };
        assert_eq!(of("--seeds"), ["0,7"]);
        let [set, axes, only] = ["--set", "--axis", "--only"].map(of);
        let again = Overrides::typed(&set, &axes, &only, told.seeds.clone());
        assert_eq!(again.set, ["data.path=\"a;b\"", "train.epochs=3"]);
        assert_eq!(again.axes, ["augment=\"a;b\",\"c;d\",e", "train.batch=64,32"]);
        assert_eq!(again.only, told.only);
        let joined = Overrides::typed(&["train.batch=64; train.epochs=3;".into()], &[], &[], None);
        assert_eq!(joined.set, ["train.batch=64", "train.epochs=3"]);
    }

    #[test]
    fn every_value_is_typed_as_it_is_read() {
        let whole = planned(NASTY, &Overrides::default());
        let typed = whole.experiment.axes.iter().map(Axis::typed).collect();
        let again = planned(NASTY, &Overrides { axes: typed, ..Overrides::default() });
        assert_eq!(again.experiment.axes, whole.experiment.axes);
        assert!(again.has_trials_of(&whole));
    }

    #[test]
    fn only_takes_values_as_a_file_has_them() {
        for (typed, expected) in [
            ("train={ schedule = 'steps', milestones = [2, 3] }", "milestones=[2, 3] schedule=steps"),
            ("train=milestones=[2, 3] schedule=steps", "milestones=[2, 3] schedule=steps"),
        ] {
            let overrides = Overrides { only: vec![typed.into()], ..Overrides::default() };
            assert_eq!(labels(&planned(NASTY, &overrides), 1), [expected]);
        }
    }

    const CLAIMING: &str = "seeds = [7, 1]\naxis = [{ key = 'method', values = ['byol', 'simclr'] }]\n\
        claim = [{ text = 't', metric = 'knn.top1', greater = [{ method = 'byol' }, { method = 'simclr' }] }]";

    #[test]
    fn what_is_run_until_it_is_decided_is_judged_always_with_seeds_that_follow_those_of_the_file() {
        for (text, most_seeds, seeds) in [
            (CLAIMING, 5, &[7, 1, 0, 2, 3][..]),
            (CLAIMING, 1, &[7, 1]),
            (&CLAIMING.replacen("[7, 1]", "[9, 8, 7]", 1), 4, &[9, 8, 7, 0]),
        ] {
            let until = Some(UntilDecided { most_seeds, budget: Some(60) });
            let overrides = Overrides { until, ..Overrides::default() };
            let plan = planned(text, &overrides);
            assert_eq!((&plan.experiment.seeds[..], plan.experiment.look), (seeds, Look::Always));
            let most = most_seeds.to_string();
            assert_eq!(overrides.flags(), ["--until-decided", "--most-seeds", &most, "--budget", "60s"]);
            assert_eq!(
                serde_json::from_str::<Overrides>(&serde_json::to_string(&overrides).unwrap()).unwrap(),
                overrides
            );
        }
        assert!(!serde_json::to_string(&Overrides::default()).unwrap().contains("until"));
        let none = CLAIMING.split("claim").next().unwrap();
        let until = Some(UntilDecided { most_seeds: 5, budget: None });
        let experiment = Experiment::parse("x", "x.toml", none).unwrap();
        let problems = crate::plan::Plan::new(experiment, &Overrides { until, ..Overrides::default() }).unwrap_err();
        assert_eq!(problems.0[0].text, "this experiment makes no claim");
    }

    #[test]
    fn what_was_run_until_it_was_decided_is_saved_as_judged_always() {
        let until = Some(UntilDecided { most_seeds: 5, budget: None });
        let experiment = Experiment::parse("x", "x.toml", CLAIMING).unwrap();
        let text = experiment.narrowed("y", &Overrides { until, ..Overrides::default() }).unwrap();
        let saved = Experiment::parse("y", "y.toml", &text).unwrap();
        assert_eq!((saved.look, saved.seeds), (Look::Always, vec![7, 1]));
    }
}
