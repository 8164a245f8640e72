//! What made a report, and the commands that make it again.

use super::{Report, words};
use byolab_store::results::distinct;
use byolab_values::text;

impl Report<'_> {
    /// Devices and versions of the program, each kind that is known with its names.
    pub(super) fn made_by(&self) -> Vec<(&'static str, Vec<String>)> {
        let rows = &self.results.rows;
        let devices = distinct(rows.iter().filter_map(|row| row.device.clone()));
        let programs = distinct(rows.iter().filter_map(|row| row.commit.clone()));
        [("Device", devices), ("Program", programs)].into_iter().filter(|(_, names)| !names.is_empty()).collect()
    }

    /// What a file that may come to stand alone, such as a picture, says of itself: question, expectation, verdicts,
    /// doubts, what made it, and the command that makes it again. A paragraph each.
    pub(super) fn provenance(&self) -> Vec<String> {
        let experiment = &self.plan.experiment;
        let claims = experiment.claims.iter().zip(&self.results.claims);
        let claims = claims.map(|(claim, judged)| {
            let estimate = words::estimate(claim, judged).map(|estimate| format!(", {estimate}")).unwrap_or_default();
            format!("{}: {}{estimate}, n {}", claim.text, words::verdict(judged.verdict), judged.n)
        });
        let doubts = self.results.doubts.iter().map(|doubt| format!("Doubt: {}: {}.", doubt.about, doubt.text));
        let by = self.made_by().into_iter().map(|(title, names)| format!("{title}: {}", names.join("; ")));
        let expected = experiment.expect.iter().map(|expect| format!("Expected beforehand: {}", expect.trim()));
        let again = ["run", "report"].map(|verb| self.command(verb)).join("; ");
        let head = [experiment.question.clone()].into_iter().chain(expected);
        let paragraphs = head.chain(claims).chain(doubts).chain(by).chain([again]);
        paragraphs.map(|paragraph| text::line(&paragraph)).collect()
    }

    /// `byolab VERB EXPERIMENT` with every override, quoted for a POSIX shell.
    pub(super) fn command(&self, verb: &str) -> String {
        self.folder.store().hint_of(verb, &self.plan.experiment, self.overrides)
    }
}
