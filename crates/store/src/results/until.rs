//! Training until it is decided: which heat to train next, and when to stop.
//!
//! Each undecided claim has a worth, the decisions to be expected of it for each further seed, and a seed has a price, the time of the
//! heats that it still needs. A heat is worth what its claims are for their time; where it serves several claims, their sum.
//! The heat that is worth most comes next. Whatever is chosen, verdicts stay valid: confidence sequences bear any choice
//! that was made by looking.

use std::collections::BTreeMap;

use crate::store::{Snapshot, State};
use byolab_values::plan::{Claim, Plan};

use super::{Judged, Row, Verdict, claims, forecast::Forecast, sequence, table, time_left};

/// Nobody goes on for a claim that is decided with a lesser probability by all that may still be trained.
const HOPELESS: f64 = 0.05;

/// What may still be trained.
pub struct Ahead<'a> {
    /// Whether a trial, by its place in the plan, can still be trained.
    pub is_open: &'a dyn Fn(usize) -> bool,
    /// Seconds of the budget; none where there is no budget.
    pub seconds: Option<f64>,
}

/// How a claim stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Corrected for the number of claims.
    Decided(Verdict),
    /// With the probability that all that may still be trained decides it, and whether it is the budget that limits that.
    Hopeless {
        /// Below 0.05.
        chance: f64,
        /// Else the seeds do.
        by_budget: bool,
    },
    /// No number of seeds decides it.
    Stuck,
    /// Worth going on for.
    Open,
}

/// How the claims stand, and what is next.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// As they are judged now, with how they stand.
    pub claims: Vec<(Judged, Standing)>,
    /// The heat that is expected to decide most for its time; none where it is time to stop.
    pub next: Option<usize>,
}

/// What a claim still needs.
struct Need {
    standing: Standing,
    /// Decisions a second, where it is open.
    worth: f64,
    /// Heats of its next seed.
    heats: Vec<usize>,
}

/// Judges the claims by what is finished, and chooses the next heat.
pub fn progress(plan: &Plan, snapshot: &Snapshot, ahead: &Ahead) -> Progress {
    let rows = table::rows(plan, snapshot);
    let judged = claims::judge(&plan.experiment, &rows);
    let market = Market { plan, snapshot, rows: &rows, ahead, level: claims::level(&judged) };
    let needs: Vec<Need> =
        plan.experiment.claims.iter().zip(&judged).map(|(claim, judged)| market.need(claim, judged)).collect();
    let next = best(&needs);
    Progress { claims: judged.into_iter().zip(needs.into_iter().map(|need| need.standing)).collect(), next }
}

/// The heat that is worth most, the first of equals.
fn best(needs: &[Need]) -> Option<usize> {
    let mut worth = BTreeMap::<usize, f64>::new();
    for need in needs.iter().filter(|need| need.standing == Standing::Open) {
        need.heats.iter().for_each(|heat| *worth.entry(*heat).or_default() += need.worth);
    }
    worth.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(heat, _)| heat)
}

/// What seeds are worth and cost.
struct Market<'a> {
    plan: &'a Plan,
    snapshot: &'a Snapshot,
    rows: &'a [Row],
    ahead: &'a Ahead<'a>,
    /// At which the next claim is decided.
    level: f64,
}

impl Market<'_> {
    fn need(&self, claim: &Claim, judged: &Judged) -> Need {
        let closed = |standing| Need { standing, worth: 0.0, heats: Vec::new() };
        if judged.corrected != Verdict::Undecided {
            return closed(Standing::Decided(judged.corrected));
        }
        let seeds = self.seeds(claim);
        if judged.is_stuck {
            return closed(Standing::Stuck);
        }
        let heats = seeds.first().cloned().unwrap_or_default();
        let price = heats.iter().map(|heat| self.seconds(*heat)).sum::<Option<f64>>();
        let payable = self.ahead.seconds.zip(price).map_or(usize::MAX, |(left, price)| (left / price) as usize);
        let most = seeds.len().min(payable);
        let (chance, worth) = self.outlook(claim, judged, most);
        // Fewer seeds than can decide anything say too little of the spread to give up: accuracies may be equal by chance.
        let (telling, possible) = (judged.n >= sequence::LEAST, judged.n + most >= sequence::LEAST);
        if most == 0 || !possible || (telling && chance < HOPELESS) {
            return closed(Standing::Hopeless { chance, by_budget: payable < seeds.len() });
        }
        // Before a pace is known all heats take equally long.
        Need { standing: Standing::Open, worth: worth / price.unwrap_or(heats.len() as f64), heats }
    }

    /// The probability that so many more seeds decide a claim, and the decisions to be expected for each.
    fn outlook(&self, claim: &Claim, judged: &Judged, most: usize) -> (f64, f64) {
        let margin = claim.margin_near(judged.estimate.unwrap_or(0.0));
        match Forecast::new(&judged.values(), margin, self.level, most) {
            Some(forecast) => (forecast.within(most), forecast.worth(most)),
            // Nothing is known of it yet: what can be decided at all is hoped to be decided one seed after it can.
            None if judged.n + most < sequence::LEAST => (0.0, 0.0),
            None => (1.0, 1.0 / (sequence::LEAST + 1 - judged.n) as f64),
        }
    }

    /// The heats that each further seed of a claim needs, seeds in their order; a seed of which something can no longer be trained
    /// is passed over.
    fn seeds(&self, claim: &Claim) -> Vec<Vec<usize>> {
        let Ok(cells) = claims::cells(claim, &self.plan.experiment, self.rows) else { return Vec::new() };
        let of_seed = |seed: &u64| {
            let asked = |place: &usize| self.rows[*place].seed == *seed && cells.contains(&self.rows[*place].axes);
            let open = (0..self.rows.len()).filter(asked).filter(|place| !self.rows[*place].is_finished());
            let open: Vec<usize> = open.collect();
            let can = !open.is_empty() && open.iter().all(|place| (self.ahead.is_open)(*place));
            can.then(|| self.heats(&open))
        };
        self.plan.experiment.seeds.iter().filter_map(of_seed).collect()
    }

    fn heats(&self, trials: &[usize]) -> Vec<usize> {
        let holds = |heat: &usize| self.plan.heats[*heat].trials.iter().any(|trial| trials.contains(trial));
        (0..self.plan.heats.len()).filter(holds).collect()
    }

    /// Seconds of what is not finished of a heat; none before a pace is known.
    fn seconds(&self, heat: usize) -> Option<f64> {
        let runs = &self.snapshot.runs;
        let is_open = |id: &String| runs.get(id).is_none_or(|run| run.state != State::Finished);
        let trials = self.plan.heats[heat].trials.iter().map(|trial| &self.plan.trials[*trial]);
        let open: Vec<_> = trials.filter(|trial| is_open(&trial.id)).collect();
        time_left::of(self.plan, &open, |trial| runs.get(&trial.id)).filter(|seconds| *seconds > 0.0)
    }
}

impl Progress {
    /// `2 of 4 claims decided, 1 given up`.
    pub fn counts(&self) -> String {
        let count = |which: fn(&Standing) -> bool| self.claims.iter().filter(|(_, standing)| which(standing)).count();
        let decided = count(|standing| matches!(standing, Standing::Decided(_)));
        let given_up = count(|standing| matches!(standing, Standing::Hopeless { .. } | Standing::Stuck));
        let all = self.claims.len();
        let given_up = if given_up > 0 { format!(", {given_up} given up") } else { String::new() };
        format!("{decided} of {all} claims decided{given_up}")
    }

    /// What became of each claim, in a sentence.
    pub fn sentences(&self) -> Vec<String> {
        self.claims.iter().map(|(judged, standing)| format!("{}: {}", judged.text, outcome(judged, standing))).collect()
    }
}

fn outcome(judged: &Judged, standing: &Standing) -> String {
    let n = judged.n;
    let missing = judged.missing.as_deref().unwrap_or("not decided");
    match standing {
        Standing::Decided(Verdict::Fails) => format!("fails, decided after {n} seeds"),
        Standing::Decided(_) => format!("holds, decided after {n} seeds"),
        Standing::Hopeless { by_budget: true, .. } => {
            format!("undecided after {n} seeds: the budget is spent; {missing}")
        }
        Standing::Hopeless { chance, .. } => {
            format!(
                "given up after {n} seeds: with all that were allowed a chance of {:.0} %; {missing}",
                100.0 * chance
            )
        }
        Standing::Stuck => format!("given up after {n} seeds: {missing}"),
        Standing::Open => format!("undecided after {n} seeds; {missing}"),
    }
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;
    use crate::{results::judge, store::Run};
    use byolab_values::plan::{
        Experiment, Look, Overrides, Trial, UntilDecided, Value,
        streams::{Draws, Stream},
    };

    const GRID: &str = r#"
        seeds = [0, 1, 2]
        baseline = { "train.batch" = 64 }
        axis = [{ key = "method", values = ["byol", "simclr"] }, { key = "train.batch", values = [64, 32, 16, 8] }]
        claim = [
            { text = "32", metric = "knn.top1", less = ["byol", "simclr"], along = "train.batch", to = 32 },
            { text = "16", metric = "knn.top1", less = ["byol", "simclr"], along = "train.batch", to = 16 },
            { text = "8", metric = "knn.top1", less = ["byol", "simclr"], along = "train.batch", to = 8 },
        ]
    "#;

    fn plan(overrides: &Overrides) -> Plan {
        Plan::new(Experiment::parse("x", "x.toml", GRID).unwrap(), overrides).unwrap()
    }

    fn until(most_seeds: usize) -> Overrides {
        Overrides { until: Some(UntilDecided { most_seeds, budget: None }), ..Overrides::default() }
    }

    /// A store of made runs: by how much BYOL loses less than SimCLR at each batch size, in standard deviations of that.
    struct Made {
        store: u64,
        effects: [f64; 3],
    }

    impl Made {
        /// Effects that are drawn from none, one that twenty seeds show well, and clear ones.
        fn new(store: u64) -> Self {
            let mut draws = Draws::new(store, Stream::Bootstrap, 3, 0, 0);
            Self { store, effects: [(); 3].map(|()| [0.0, 1.0, 2.0, 4.0][draws.below(4)]) }
        }

        /// The accuracy of a trial. A drop has four terms, so that each of deviation 1 / 2 makes a deviation of 1.
        fn accuracy(&self, trial: &Trial) -> f64 {
            let is_byol = trial.cell["method"].to_string() == "byol";
            let place =
                [64, 32, 16, 8].iter().position(|batch| trial.cell["train.batch"] == Value::Int(*batch)).unwrap();
            let key = 10 * trial.seed + 2 * place as u64 + u64::from(is_byol);
            let noise = f64::from(Draws::new(self.store, Stream::Bootstrap, 4, key, 0).normal());
            let effect = if is_byol && place > 0 { self.effects[place - 1] } else { 0.0 };
            0.5 + 0.01 * (effect + noise / 2.0)
        }

        fn train(&self, plan: &Plan, heat: usize, snapshot: &mut Snapshot) {
            for trial in plan.heats[heat].trials.iter().map(|trial| &plan.trials[*trial]) {
                let results = [("knn.top1".to_owned(), self.accuracy(trial))].into();
                snapshot.runs.insert(trial.id.clone(), Run { state: State::Finished, results, ..Run::default() });
            }
        }

        /// Trains until it is decided; the snapshot and how it ended.
        fn until_decided(&self, plan: &Plan) -> (Snapshot, Progress) {
            let mut snapshot = Snapshot::default();
            loop {
                let now = progress(plan, &snapshot, &Ahead { is_open: &|_| true, seconds: None });
                let Some(heat) = now.next else { return (snapshot, now) };
                self.train(plan, heat, &mut snapshot);
            }
        }
    }

    /// Decided claims, and false ones among them.
    fn counts(made: &Made, judged: &[Judged]) -> [usize; 2] {
        let decided = judged.iter().zip(made.effects).filter(|(judged, _)| judged.corrected != Verdict::Undecided);
        let decided: Vec<_> = decided.collect();
        let false_ones = decided.iter().filter(|(judged, effect)| *effect == 0.0 || judged.corrected == Verdict::Fails);
        [decided.len(), false_ones.count()]
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    /// All 200 stores: `BYOLAB_STORES=200 cargo test --release -- decides_with --nocapture`.
    #[test]
    fn decides_with_fewer_trials_than_a_fixed_grid_at_the_same_error() {
        let stores = env::var("BYOLAB_STORES").map_or(30, |stores| stores.parse().unwrap());
        let (plan, fixed) =
            (plan(&until(20)), plan(&Overrides { seeds: Some((0..20).collect()), ..Overrides::default() }));
        let (mut shares, mut by_until, mut by_grid, mut wrong) = (Vec::new(), [0, 0], [0, 0], [0, 0]);
        for made in (0..stores).map(Made::new) {
            let (snapshot, end) = made.until_decided(&plan);
            shares.push(snapshot.runs.len() as f64 / fixed.trials.len() as f64);
            let judged: Vec<Judged> = end.claims.into_iter().map(|(judged, _)| judged).collect();
            let mut all = Snapshot::default();
            (0..fixed.heats.len()).for_each(|heat| made.train(&fixed, heat, &mut all));
            let found = [counts(&made, &judged), counts(&made, &judge(&fixed, &all).claims)];
            for (sums, found) in [&mut by_until, &mut by_grid].into_iter().zip(found) {
                (sums[0], sums[1]) = (sums[0] + found[0], sums[1] + found[1]);
            }
            wrong = [wrong[0] + found[0][1].min(1), wrong[1] + found[1][1].min(1)];
        }
        let share = median(shares);
        println!(
            "{stores} stores: median share of trials {share:.2}; decided {by_until:?} and {by_grid:?}; wrong {wrong:?}"
        );
        assert!(share <= 0.7, "{share}");
        assert!(wrong[0] as f64 <= 0.05 * stores as f64, "{wrong:?}");
    }

    #[test]
    fn the_seeds_of_the_file_come_first_and_claims_are_judged_always() {
        let plan = plan(&until(5));
        assert_eq!((&plan.experiment.seeds[..], plan.experiment.look), (&[0, 1, 2, 3, 4][..], Look::Always));
        let none = |_: usize| false;
        let first = progress(&plan, &Snapshot::default(), &Ahead { is_open: &|_| true, seconds: None });
        assert_eq!(first.next, Some(0), "the baseline serves every claim");
        let closed = progress(&plan, &Snapshot::default(), &Ahead { is_open: &none, seconds: None });
        assert_eq!(closed.next, None);
        assert!(
            closed.claims.iter().all(|(_, standing)| matches!(standing, Standing::Hopeless { by_budget: false, .. }))
        );
        let few = progress(&self::plan(&until(3)), &Snapshot::default(), &Ahead { is_open: &|_| true, seconds: None });
        assert_eq!(few.next, None, "three seeds decide nothing");
    }

    #[test]
    fn what_is_decided_gets_no_more_seeds_and_what_is_hopeless_is_given_up() {
        let made = Made { store: 7, effects: [8.0, 0.0, 1.5] };
        let plan = plan(&until(30));
        let (_, end) = made.until_decided(&plan);
        let n: Vec<usize> = end.claims.iter().map(|(judged, _)| judged.n).collect();
        assert_eq!(end.claims[0].1, Standing::Decided(Verdict::Holds), "{:?}", end.sentences());
        assert!(matches!(end.claims[1].1, Standing::Hopeless { chance, by_budget: false } if chance < 0.05));
        assert!(n[0] < n[1] && n[0] < n[2] && n[1] < 30, "{n:?}");
    }

    #[test]
    fn a_budget_ends_it_too() {
        let (made, plan) = (Made { store: 1, effects: [1.0; 3] }, plan(&until(20)));
        let mut snapshot = Snapshot::default();
        (0..8).for_each(|heat| made.train(&plan, heat, &mut snapshot));
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        for run in snapshot.runs.values_mut() {
            use byolab_values::protocol::{Event, Record, What};
            let what = What::Started { steps: 100, steps_per_epoch: 10, device: String::new(), commit: String::new() };
            run.log.push(Record { time: at(0), event: Event { step: 0, what } });
            (run.step, run.steps, run.steps_per_epoch, run.last) = (100, 100, 10, Some(at(100)));
        }
        let with = |seconds| progress(&plan, &snapshot, &Ahead { is_open: &|_| true, seconds: Some(seconds) });
        assert!(with(1e6).next.is_some());
        let spent = with(10.0);
        assert_eq!(spent.next, None);
        assert!(spent.sentences()[0].contains("the budget is spent"), "{:?}", spent.sentences());
    }
}
