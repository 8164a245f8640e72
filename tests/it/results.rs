//! From hand-made plans and snapshots to rows, means, changes, verdicts and doubts.

use byolab::{
    plan::{Selector, Value},
    protocol::{AlarmKind, What},
    results::{Results, Verdict, changes},
    store::State,
};

use crate::judged::{Bench, greater, paired_drops, record, selector, smaller_drop, text};

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

/// The one claim's verdict, and what it says is missing.
fn verdict(results: &Results) -> (Verdict, &str) {
    (results.claims[0].verdict, results.claims[0].missing.as_deref().unwrap_or_default())
}

fn about<'a>(results: &'a Results, words: &str) -> Option<&'a str> {
    results.doubts.iter().map(|doubt| doubt.text.as_str()).find(|text| text.contains(words))
}

mod rows {
    use super::*;

    #[test]
    fn stand_for_every_trial_in_the_order_of_the_plan() {
        let bench = Bench::new(&[0, 1]).finish("simclr", 64, &[0.4]);
        let results = bench.judge();
        let ids: Vec<&str> = results.rows.iter().map(|row| row.trial.as_str()).collect();
        let planned: Vec<&str> = bench.plan.trials.iter().map(|trial| trial.id.as_str()).collect();
        assert_eq!(ids, planned);
        assert_eq!(results.rows.iter().filter(|row| row.state == State::Waiting).count(), 7);
    }

    #[test]
    fn of_running_trials_have_the_newest_numbers() {
        let mut bench = Bench::new(&[0]);
        let run = bench.run("byol", 64, 0);
        run.state = State::Running;
        run.series.insert("knn.top1".into(), vec![(0, 0.2), (50, 0.3)]);
        let results = bench.judge();
        let row = results.rows.iter().find(|row| row.trial == "byol-64-0").unwrap();
        assert_eq!((row.state, row.metrics["knn.top1"]), (State::Running, 0.3));
    }

    #[test]
    fn of_finished_trials_have_no_older_number_in_place_of_a_lacking_one() {
        let mut bench = Bench::new(&[0]).finish("byol", 64, &[0.4]);
        let run = bench.run("byol", 64, 0);
        run.results.remove("loss");
        run.series.insert("loss".into(), vec![(10, 1.0)]);
        let results = bench.judge();
        assert!(results.rows.iter().all(|row| !row.metrics.contains_key("loss")));
    }
}

mod groups {
    use super::*;

    #[test]
    fn average_the_finished_seeds_of_one_cell() {
        let mut bench = Bench::new(&[0, 1, 2]).finish("byol", 512, &[0.431, 0.425, 0.440]);
        let results = bench.judge();
        let group = results.groups.iter().find(|group| group.metric == "knn.top1").unwrap();
        assert_eq!((group.n, &group.axes["train.batch"]), (3, &Value::Int(512)));
        near(group.mean, 0.432);
        near(group.std.unwrap(), 0.007549834435270757);
        near(group.low.unwrap(), 0.4132451715618726);
        near(group.high.unwrap(), 0.45075482843812736);

        bench.run("byol", 512, 2).state = State::Interrupted;
        assert_eq!(bench.judge().groups[0].n, 2);
    }

    #[test]
    #[should_panic(expected = "differ in more than the seed")]
    fn refuse_trials_of_one_cell_that_differ_in_anything_else() {
        let mut bench = Bench::new(&[0, 1]);
        bench.plan.trials[0].recipe.train.epochs += 1;
        bench.judge();
    }
}

mod differences {
    use super::*;

    #[test]
    fn pair_the_methods_by_seed() {
        let bench = Bench::new(&[0, 1, 2]).finish("byol", 64, &[0.3, 0.5, 0.7]).finish("simclr", 64, &[0.29, 0.48]);
        let results = bench.judge();
        assert_eq!(results.differences.len(), 2, "k-NN and linear at one batch size");
        let difference = &results.differences[0];
        assert_eq!(difference.between, ["byol", "simclr"]);
        assert_eq!(difference.axes.keys().collect::<Vec<_>>(), ["train.batch"]);
        assert_eq!(difference.n, 2);
        near(difference.mean, 0.015);
        near(difference.high.unwrap() - difference.mean, 12.706204736174694 * 0.005);
    }
}

mod change {
    use super::*;

    #[test]
    fn is_negative_where_something_is_lost() {
        let bench = paired_drops();
        let results = bench.judge();
        let found =
            changes(&bench.plan.experiment, &results.rows, "knn.top1", "train.batch", &Selector::new()).unwrap();
        let means: Vec<(String, f64)> =
            found.iter().map(|change| (change.method.to_string(), change.estimate.mean)).collect();
        assert_eq!(means.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>(), ["byol", "simclr"]);
        near(means[0].1, -0.015);
        near(means[1].1, -0.046);
        near(found[0].single[&1], -0.02);
    }

    #[test]
    fn is_refused_where_the_baseline_leaves_an_axis_open() {
        let bench = Bench::with_augmentations(&[0]);
        let rows = bench.judge().rows;
        let found = |at| changes(&bench.plan.experiment, &rows, "knn.top1", "train.batch", &at);
        assert_eq!(found(Selector::new()).unwrap_err().to_string(), "the baseline does not fix augment");
        assert_eq!(found(selector([("augment", text("byol"))])), Ok(Vec::new()));
    }
}

mod claims {
    use super::*;

    #[test]
    fn holds_where_the_paired_interval_is_above_the_margin() {
        let results = paired_drops().claim(smaller_drop("knn.top1", 0.0)).judge();
        let claim = &results.claims[0];
        assert_eq!((claim.verdict, claim.n, &claim.missing), (Verdict::Holds, 3, &None));
        near(claim.estimate.unwrap(), 0.031);
        assert!(claim.low.unwrap() > 0.0);
    }

    /// The same values with the seeds of one cell in another order: all means are as before, the pairs are not.
    #[test]
    fn is_decided_by_the_pairs_and_not_by_the_means() {
        let shuffled = paired_drops().finish("simclr", 64, &[0.362, 0.44, 0.54]).claim(smaller_drop("knn.top1", 0.0));
        let results = shuffled.judge();
        assert_eq!(results.claims[0].verdict, Verdict::Undecided);
        near(results.claims[0].estimate.unwrap(), 0.031);
    }

    #[test]
    fn fails_where_the_interval_is_below_the_margin() {
        let results = paired_drops().claim(smaller_drop("knn.top1", 0.05)).judge();
        assert_eq!(verdict(&results), (Verdict::Fails, ""));
    }

    #[test]
    fn compares_levels_at_the_baseline_unless_told_otherwise() {
        let bench = Bench::new(&[0, 1, 2])
            .finish("byol", 512, &[0.5, 0.6, 0.4])
            .finish("simclr", 512, &[0.4, 0.5, 0.31])
            .finish("byol", 64, &[0.3, 0.4, 0.2])
            .finish("simclr", 64, &[0.4, 0.5, 0.31]);
        let results =
            bench.claim(greater(Selector::new())).claim(greater(selector([("train.batch", Value::Int(64))]))).judge();
        assert_eq!(
            results.claims.iter().map(|claim| claim.verdict).collect::<Vec<_>>(),
            [Verdict::Holds, Verdict::Fails]
        );
    }

    #[test]
    fn undecided_says_what_is_missing() {
        let check = |bench: Bench, expected: &str| {
            assert_eq!(verdict(&bench.judge()), (Verdict::Undecided, expected));
        };
        let claim = || smaller_drop("knn.top1", 0.0);
        check(
            Bench::new(&[0]).claim(claim()).finish("byol", 512, &[0.5]).finish("byol", 64, &[0.4]),
            "2 of 4 trials not finished: simclr, train.batch 512, seed 0; simclr, train.batch 64, seed 0",
        );
        check(
            Bench::new(&[0])
                .claim(claim())
                .finish("byol", 512, &[0.5])
                .finish("byol", 64, &[0.49])
                .finish("simclr", 512, &[0.5])
                .finish("simclr", 64, &[0.4]),
            "one seed has no interval: at least 2 are needed",
        );
        // Differences 3, 3 and 3.3 points, std 0.173, 0.2 points from the margin: SciPy's nct gives n = 9 a power of 0.86.
        check(
            paired_drops().claim(smaller_drop("knn.top1", 0.029)),
            "about 6 more seeds would decide it with 80 % power",
        );
        check(
            paired_drops().claim(smaller_drop("knn.top1", 0.031)),
            "too close to the margin: 100 seeds would not decide it",
        );
        check(Bench::with_augmentations(&[0]).claim(claim()), "the baseline does not fix augment");
        check(
            paired_drops().claim(smaller_drop("knn.top5", 0.0)),
            "12 of 12 trials have no knn.top5: byol, train.batch 512, seed 0; byol, train.batch 64, seed 0; \
             simclr, train.batch 512, seed 0; and 9 more",
        );
        let mut without_baseline = Bench::new(&[0]).claim(claim());
        without_baseline.plan.trials.retain(|trial| trial.cell["train.batch"] == Value::Int(64));
        check(without_baseline, "no trial of the plan has byol, train.batch 512");
    }
}

mod heights {
    use byolab::plan::{Measure, Test};

    use super::*;

    /// SimCLR stands much higher above its untrained encoder (20 %) and loses more points, of which BYOL keeps the smaller share.
    fn high_and_low() -> Bench {
        Bench::new(&[0, 1, 2])
            .finish("byol", 512, &[0.30, 0.31, 0.29])
            .finish("byol", 64, &[0.25, 0.26, 0.24])
            .finish("simclr", 512, &[0.70, 0.71, 0.69])
            .finish("simclr", 64, &[0.60, 0.62, 0.59])
    }

    fn by(measure: Measure, margin: f64) -> byolab::plan::Claim {
        let methods = ["byol", "simclr"].map(text);
        let test = Test::SmallerDrop { methods, along: "train.batch".into(), to: Value::Int(64), measure };
        byolab::plan::Claim { test, ..smaller_drop("knn.top1", margin) }
    }

    /// BYOL loses 5 points of 10 that it learnt, SimCLR 10 of 50; on the scale of log-odds 0.25 and 0.43.
    #[test]
    fn decide_by_the_measure_that_the_claim_names() {
        let check = |measure, expected| {
            let results = high_and_low().claim(by(measure, 0.0)).judge();
            assert_eq!(results.claims[0].verdict, expected, "{measure:?}");
            results.claims[0].estimate.unwrap()
        };
        near(check(Measure::Absolute, Verdict::Holds), 0.14 / 3.0);
        assert!(check(Measure::Kept, Verdict::Fails) < -0.25);
        assert!(check(Measure::Relative, Verdict::Fails) < 0.0);
        assert!(check(Measure::LogOdds, Verdict::Holds) > 0.15);
    }

    #[test]
    fn stand_beside_each_other_and_where_they_disagree_a_doubt_says_so() {
        let results = high_and_low().claim(by(Measure::Absolute, 0.0)).judge();
        let told: Vec<(&str, bool)> = results.claims[0]
            .measures
            .iter()
            .map(|found| (found.measure.name(), found.estimate.is_some_and(|estimate| estimate > 0.0)))
            .collect();
        let expected =
            [("absolute", true), ("relative", false), ("kept", false), ("log-odds", true), ("equal-height", false)];
        assert_eq!(told, expected, "no curve, no equal height");
        let missing = results.claims[0].measures[4].missing.as_deref();
        assert_eq!(missing, Some("no curve over training: byol, train.batch 512, seed 0"));
        let doubt = about(&results, "measures disagree about").unwrap();
        assert!(
            doubt.ends_with(
                "byol loses less by absolute, and more by relative (the share kept of the baseline's value); kept (the share \
                 kept of what learning added to the untrained encoder)"
            ),
            "{doubt}"
        );
        assert!(about(&paired_drops().claim(by(Measure::Absolute, 0.0)).judge(), "measures disagree").is_none());
    }

    /// SimCLR passes BYOL's 30 % at a fifth of its training, where it stands at 28 % with the small batch.
    #[test]
    fn are_made_equal_by_curves_over_training() {
        let mut bench = high_and_low().claim(by(Measure::EqualHeight, 0.0));
        for seed in 0..3 {
            let jitter = 0.01 * [0.0, 1.0, -1.0][seed as usize];
            for (method, batch, ends) in [
                ("byol", 512, [0.2, 0.3 + jitter]),
                ("byol", 64, [0.2, 0.25 + jitter]),
                ("simclr", 512, [0.2, 0.7 + jitter]),
                ("simclr", 64, [0.2, 0.6 + jitter]),
            ] {
                let curve = vec![(0, ends[0]), (100, ends[1])];
                bench.run(method, batch, seed).series.insert("knn.top1".into(), curve);
            }
        }
        let results = bench.judge();
        near(results.claims[0].measures[0].estimate.unwrap(), 0.14 / 3.0);
        let [height, seeds] = [0.3f64, 3.0];
        let at = |jitter: f64| {
            let height = height + jitter;
            let place = (height - 0.2) / (0.5 + jitter);
            (0.25 + jitter - height) - (0.2 + place * (0.4 + jitter) - height)
        };
        near(results.claims[0].estimate.unwrap(), (at(0.0) + at(0.01) + at(-0.01)) / seeds);
        assert_eq!(results.claims[0].verdict, Verdict::Fails);
    }

    #[test]
    fn are_told_where_nothing_was_learnt() {
        let results = high_and_low().finish("byol", 512, &[0.2, 0.31, 0.29]).claim(by(Measure::Kept, 0.0)).judge();
        let reason = "nothing was learnt that could be kept: byol, train.batch 512, seed 0";
        assert_eq!(verdict(&results), (Verdict::Undecided, reason));
    }
}

mod tuning {
    use super::*;

    /// BYOL is best at a rate of 0.4, SimCLR at 0.1; both stand at all three.
    fn rates() -> Bench {
        let mut bench = Bench::with_rates(&[0, 1]);
        for (method, scores) in [("byol", [0.3, 0.4, 0.5]), ("simclr", [0.5, 0.45, 0.4])] {
            for (rate, knn) in [0.1, 0.2, 0.4].into_iter().zip(scores) {
                bench = bench.finish_at(method, Value::Float(rate), &[knn, knn + 0.01]);
            }
        }
        bench
    }

    #[test]
    fn tells_the_best_value_of_each_method_and_of_fewer_tries() {
        let results = rates().judge();
        let of = |method: &str| {
            let is_of =
                |tuning: &&byolab::results::Tuning| tuning.at["method"] == text(method) && tuning.metric == "knn.top1";
            results.tunings.iter().find(is_of).unwrap()
        };
        assert_eq!((&of("byol").best, &of("simclr").best), (&Value::Float(0.4), &Value::Float(0.1)));
        near(of("byol").expected[0], 0.405);
        near(of("byol").expected[1], (0.305 + 3.0 * 0.405 + 5.0 * 0.505) / 9.0);
    }

    #[test]
    fn is_a_doubt_where_methods_are_compared_at_a_rate_that_only_one_likes() {
        let at = |rate: f64| greater(selector([("optimizer.lr", Value::Float(rate))]));
        let results = rates().claim(at(0.4)).judge();
        assert_eq!(
            about(&results, "where not every method is best"),
            Some(
                "\"BYOL is better than SimCLR\" compares at optimizer.lr 0.4, where not every method is best: byol 0.4; simclr 0.1"
            )
        );
        let mut fair = greater(Selector::new());
        let cell = |method: &str, rate| selector([("method", text(method)), ("optimizer.lr", Value::Float(rate))]);
        fair.test = byolab::plan::Test::Greater { cells: [cell("byol", 0.4), cell("simclr", 0.1)] };
        assert_eq!(about(&rates().claim(fair).judge(), "where not every method is best"), None, "each at its own");
    }
}

mod equality {
    use byolab::plan::{Claim, Reproduction, Test};

    use super::*;

    fn within(test: Test, margin: f64) -> Claim {
        Claim { test, ..smaller_drop("knn.top1", margin) }
    }

    /// BYOL's Table 16 has 59.7 at a batch of 64.
    fn reproduces(best: bool, despite: &str) -> Claim {
        let row = selector([("method", text("byol")), ("train.batch", Value::Int(64))]);
        let (table, despite) = ("byol-table-16".into(), vec![despite.into()]);
        within(Test::Reproduces(Reproduction { table, row: row.clone(), cell: row, best, despite }), 0.02)
    }

    #[test]
    fn of_two_cells_holds_within_the_margin_and_not_where_nothing_was_found() {
        let equal = |margin| {
            let cells = [512, 64].map(|batch| selector([("method", text("byol")), ("train.batch", Value::Int(batch))]));
            within(Test::Equal { cells }, margin)
        };
        let check = |margin, expected| {
            let results = paired_drops().claim(equal(margin)).judge();
            assert_eq!(results.claims[0].verdict, expected, "{margin}");
            near(results.claims[0].estimate.unwrap(), 0.015);
        };
        check(0.03, Verdict::Holds);
        check(0.02, Verdict::Undecided);
        check(0.001, Verdict::Fails);
    }

    #[test]
    fn with_a_published_number_spells_both_protocols_out() {
        let bench =
            paired_drops().finish("byol", 64, &[0.59, 0.6, 0.605]).claim(reproduces(false, "train.optimizer_batch"));
        let results = bench.judge();
        let claim = &results.claims[0];
        assert_eq!((claim.verdict, claim.n), (Verdict::Holds, 3));
        near(claim.estimate.unwrap(), (0.59 + 0.6 + 0.605) / 3.0 - 0.597);
        let found = &results.reproductions[0];
        assert_eq!((found.table.as_str(), found.published, found.spread), ("byol-table-16", 0.597, Some(0.015)));
        let parts: Vec<(&str, &str, &str)> =
            found.protocol.iter().map(|part| (&part.what[..], &part.there[..], &part.here[..])).collect();
        assert!(parts.contains(&("train.batch", "64", "64")), "{parts:?}");
        assert!(parts.contains(&("evaluated", "the last epoch", "the last epoch")), "{parts:?}");
        let doubt = about(&results, "protocols differ").unwrap();
        assert!(doubt.contains("train.optimizer_batch there 64, here 512"), "{doubt}");
        let unsaid = paired_drops().finish("byol", 64, &[0.59, 0.6, 0.605]).claim(reproduces(false, "images")).judge();
        let reason = "another protocol than the published one: train.optimizer_batch there 64, here 512";
        assert_eq!(verdict(&unsaid), (Verdict::Undecided, reason));
    }

    #[test]
    fn of_the_best_evaluation_is_asked_of_curves() {
        let mut bench = paired_drops().claim(reproduces(true, "train.optimizer_batch"));
        for seed in 0..3 {
            let curve = vec![(0, 0.2), (50, 0.59 + 0.005 * seed as f64), (100, 0.5)];
            bench.run("byol", 64, seed).series.insert("knn.top1".into(), curve);
        }
        near(bench.judge().claims[0].estimate.unwrap(), 0.595 - 0.597);
    }
}

mod slopes_and_collapses {
    use byolab::plan::{Claim, Test};

    use super::*;

    fn claim(test: Test, margin: f64) -> Claim {
        Claim { test, margin, ..smaller_drop("knn.top1", 0.0) }
    }

    fn slope(methods: [&str; 2]) -> Claim {
        claim(Test::SmallerSlope { methods: methods.map(text), along: "train.batch".into() }, 0.0)
    }

    fn simclr(learns: bool, margin: f64) -> Claim {
        let cell = selector([("method", text("simclr"))]);
        claim(if learns { Test::Learns { cell } } else { Test::Collapses { cell } }, margin)
    }

    /// SimCLR at the baseline with these accuracies, 0.2 before training; the projections of some of its runs collapsed.
    fn trained(knn: [f64; 3], collapsed: usize) -> Bench {
        let mut bench = Bench::new(&[0, 1, 2]).finish("simclr", 512, &knn);
        for seed in 0..3 {
            let spread = if seed < collapsed as u64 { 0.001 } else { 0.12 };
            bench.run("simclr", 512, seed).series.insert("projection_std".into(), vec![(100, spread)]);
        }
        bench
    }

    fn check(bench: &Bench, claim: Claim, expected: Verdict, reason: &str) {
        let results = Bench { plan: bench.plan.clone(), snapshot: bench.snapshot.clone() }.claim(claim).judge();
        assert_eq!(verdict(&results), (expected, reason));
    }

    /// From 512 to 64 are three halvings: BYOL loses 0.5 points with each, SimCLR 1.53.
    #[test]
    fn slopes_are_changes_per_doubling() {
        let results = paired_drops().claim(slope(["byol", "simclr"])).claim(slope(["simclr", "byol"])).judge();
        near(results.claims[0].estimate.unwrap(), 0.031 / 3.0);
        assert_eq!(results.claims.iter().map(|c| c.verdict).collect::<Vec<_>>(), [Verdict::Holds, Verdict::Fails]);
    }

    #[test]
    fn a_method_learns_where_it_is_better_than_its_untrained_encoder() {
        let good = trained([0.5, 0.52, 0.51], 0);
        check(&good, simclr(true, 0.0), Verdict::Holds, "");
        check(&good, simclr(true, 0.4), Verdict::Fails, "");
        check(&good, simclr(false, 0.0), Verdict::Fails, "");
        let reason = "1 of 3 runs have collapsed";
        check(&trained([0.5, 0.52, 0.51], 1), simclr(true, 0.0), Verdict::Undecided, reason);
    }

    #[test]
    fn not_to_collapse_is_the_opposite_of_collapsing() {
        let not = || claim(Test::DoesNotCollapse { cell: selector([("method", text("simclr"))]) }, 0.0);
        let (good, bad) = ([0.5, 0.52, 0.51], [0.15, 0.16, 0.14]);
        check(&trained(good, 0), not(), Verdict::Holds, "");
        check(&trained(bad, 3), not(), Verdict::Fails, "");
        check(&trained(bad, 0), not(), Verdict::Holds, "nothing was learnt, but nothing has collapsed");
        check(&trained(good, 1), not(), Verdict::Undecided, "1 of 3 runs have collapsed");
    }

    #[test]
    fn a_method_collapses_where_nothing_is_learnt_and_the_projections_are_one_point() {
        let bad = [0.15, 0.16, 0.14];
        check(&trained(bad, 3), simclr(false, 0.0), Verdict::Holds, "");
        check(&trained(bad, 3), simclr(true, 0.0), Verdict::Fails, "");
        let spread = "nothing was learnt, but nothing has collapsed";
        check(&trained(bad, 0), simclr(false, 0.0), Verdict::Fails, spread);
        let two = "2 of 3 runs have collapsed";
        check(&trained(bad, 2), simclr(false, 0.0), Verdict::Undecided, two);
        let one = trained(bad, 3).plan;
        let mut single = Bench { plan: one, snapshot: trained(bad, 3).snapshot };
        single.plan.trials.retain(|trial| trial.seed == 0);
        check(&single, simclr(false, 0.0), Verdict::Undecided, "one seed has no interval: at least 2 are needed");
    }
}

mod published {
    use super::*;

    /// BYOL's Table 16 has both of our batch sizes, and 4096, which we do not have.
    #[test]
    fn numbers_stand_beside_ours_with_their_changes_from_the_same_baseline() {
        let mut bench = paired_drops();
        bench.plan.experiment.published = Some("byol-table-16".into());
        let comparison = bench.judge().published.unwrap();
        let entry = |method: &str, batch: i64| {
            let at = selector([("train.batch", Value::Int(batch))]);
            comparison.entries.iter().find(|entry| entry.method == method && entry.at == at).unwrap()
        };
        let small = entry("byol", 64);
        assert_eq!((small.published, small.spread, small.n), (0.597, Some(0.015), 3));
        near(small.change.unwrap(), -0.125);
        near(small.our_change.unwrap(), -0.015);
        near(entry("simclr", 64).our_change.unwrap(), -0.046);
        let base = entry("byol", 512);
        assert_eq!((base.change, base.our_change), (None, None), "it is where the changes start");
        near(base.ours.unwrap(), 0.55);
        let absent = entry("byol", 4096);
        assert_eq!((&absent.cell, absent.ours, absent.our_change), (&None, None, None));
        near(absent.change.unwrap(), 0.003);
    }
}

mod several_claims {
    use super::*;

    /// The second claim's p of 0.03 alone is 0.06 beside another claim.
    #[test]
    fn are_corrected_for_their_number() {
        let bench = paired_drops().finish("simclr", 64, &[0.44, 0.54, 0.379]);
        let results = bench.claim(greater(Selector::new())).claim(smaller_drop("knn.top1", 0.0)).judge();
        let [first, second] = &results.claims[..] else { panic!("two claims") };
        let (alone, corrected) = (second.p.unwrap(), second.p_holm.unwrap());
        assert!(alone < 0.05 && corrected >= 0.05);
        near(corrected, 2.0 * alone);
        assert_eq!((second.verdict, second.corrected), (Verdict::Holds, Verdict::Undecided));
        let doubt = about(&results, "1 of 2 verdicts would not stand with Holm's correction");
        assert!(doubt.is_some(), "{:#?}", results.doubts);
        assert_eq!(first.p_holm, first.p, "the largest stays");
    }
}

mod doubts {
    use super::*;

    /// Changes a sound bench and expects a doubt with these words, and no doubt without the change.
    fn check(change: impl Fn(&mut Bench), words: &str) {
        let mut bench = sound();
        assert_eq!(about(&bench.judge(), words), None);
        change(&mut bench);
        let results = bench.judge();
        assert!(about(&results, words).is_some(), "no doubt says \"{words}\": {:#?}", results.doubts);
    }

    /// BYOL ahead of SimCLR by nearly the same in every seed, at both batch sizes.
    fn sound() -> Bench {
        paired_drops().finish("simclr", 512, &[0.47, 0.569, 0.371]).finish("simclr", 64, &[0.45, 0.541, 0.344])
    }

    #[test]
    fn none_about_sound_numbers() {
        assert_eq!(sound().judge().doubts, []);
    }

    #[test]
    fn none_where_nothing_is_finished() {
        assert_eq!(Bench::new(&[0]).judge().doubts, []);
    }

    #[test]
    fn one_seed() {
        check(|bench| bench.plan.trials.retain(|trial| trial.seed == 0), "one seed only");
    }

    #[test]
    fn trials_not_finished() {
        check(
            |bench| bench.run("byol", 64, 1).state = State::Interrupted,
            "not finished: 1 of 12 trials (1 interrupted)",
        );
    }

    #[test]
    fn cells_of_which_no_seed_is_finished() {
        let lose = |bench: &mut Bench| bench.snapshot.runs.retain(|id, _| !id.starts_with("byol-64"));
        check(lose, "no seed yet of byol, train.batch 64; numbers");
    }

    #[test]
    fn failed_trials_with_their_reason() {
        let fail = |bench: &mut Bench| {
            let run = bench.run("byol", 64, 1);
            run.state = State::Failed;
            run.log.push(record(7, What::Failed { reason: "out of memory".into() }));
        };
        check(fail, "1 of 12 trials failed: byol, train.batch 64, seed 1 (out of memory)");
    }

    #[test]
    fn a_baseline_without_a_finished_trial() {
        let lose = |bench: &mut Bench| bench.snapshot.runs.retain(|id, _| !id.starts_with("byol-512"));
        check(lose, "the baseline (byol, train.batch 512) has no finished trial");
    }

    #[test]
    fn alarms_among_averaged_runs() {
        let alarm = |bench: &mut Bench| {
            let what = What::Alarm {
                kind: AlarmKind::FeatureSpread,
                text: "feature std fell to 0.0001".into(),
                remedy: "lower optimizer.lr".into(),
            };
            bench.run("simclr", 64, 2).log.push(record(9, what));
        };
        check(alarm, "1 of 3 averaged runs raised an alarm: feature std fell to 0.0001");
    }

    #[test]
    fn features_that_were_recorded_as_one_point_before_there_was_an_alarm() {
        let fall = |bench: &mut Bench| {
            let series = &mut bench.run("simclr", 64, 2).series;
            series.insert("feature_std".into(), vec![(50, 0.05), (100, 1e-7)]);
            series.insert("effective_rank".into(), vec![(50, 30.0), (100, 1.04)]);
        };
        check(fall, "1 of 3 averaged runs raised an alarm: collapse: the features' spread is 1.0e-7");
        let mut bench = sound();
        fall(&mut bench);
        let collapsed = bench.judge().rows.into_iter().filter(|row| row.collapsed).map(|row| row.seed);
        assert_eq!(collapsed.collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn numbers_by_other_probes_than_the_plans() {
        let other = |bench: &mut Bench| {
            for trial in bench.plan.trials.clone() {
                bench.snapshot.runs.get_mut(&trial.id).unwrap().probes = Some(trial.recipe.probes.clone());
            }
            let run = bench.run("byol", 64, 1);
            run.probes.as_mut().unwrap().knn_k = 7;
        };
        check(other, "trials were judged by other probes than the plan's (the plan's ×11; probes.knn_k 7 ×1)");
    }

    #[test]
    fn nothing_learnt() {
        let unlearn = |bench: &mut Bench| {
            (0..3).for_each(|seed| _ = bench.run("byol", 64, seed).results.insert("knn.top1".into(), 0.2));
        };
        check(unlearn, "k-NN is not above the untrained encoder in byol, train.batch 64");
    }

    #[test]
    fn a_best_that_is_not_the_last() {
        let fall = |bench: &mut Bench| {
            let points = vec![(0, 0.2), (50, 0.55), (100, 0.49)];
            bench.run("byol", 64, 0).series.insert("knn.top1".into(), points);
        };
        check(
            fall,
            "k-NN was better before the end in byol, train.batch 64, seed 0 (55.0 % at step 50, 49.0 at the end)",
        );
    }

    #[test]
    fn differences_whose_interval_spans_zero() {
        let blur = |bench: &mut Bench| {
            bench.run("simclr", 64, 0).results.insert("knn.top1".into(), 0.7);
        };
        check(blur, "the interval of the difference spans zero in 1 of 2 comparisons: byol − simclr at train.batch 64");
    }

    #[test]
    fn changes_whose_interval_spans_zero() {
        let blur = |bench: &mut Bench| {
            bench.run("byol", 64, 0).results.insert("knn.top1".into(), 0.57);
        };
        check(
            blur,
            "the interval of the change from the baseline spans zero in 1 of 2 comparisons: byol at train.batch 64",
        );
    }

    #[test]
    fn published_numbers_that_are_the_best_of_all_epochs() {
        check(
            |bench| bench.plan.experiment.published = Some("lightly-cifar10".into()),
            "the published numbers (lightly's CIFAR-10 benchmark) are the best of all epochs, ours are final values",
        );
    }

    /// What varies along an axis without the axis saying so.
    #[test]
    fn comparisons_that_are_not_fair() {
        let tie = |bench: &mut Bench| {
            for trial in &mut bench.plan.trials {
                trial.recipe.train.optimizer_batch = trial.recipe.train.batch;
            }
        };
        check(tie, "trials compared along train.batch also differ in train.optimizer_batch 512, 64");
        let widen = |bench: &mut Bench| {
            for trial in &mut bench.plan.trials {
                if let byolab::plan::recipe::MethodRecipe::Byol(byol) = &mut trial.recipe.method {
                    byol.projector_out = 256;
                }
            }
        };
        check(widen, "trials compared along method also differ in method.projector_out 256, 64");
    }

    #[test]
    fn training_that_hardly_left_the_warm_up() {
        let shorten = |bench: &mut Bench| {
            bench.plan.trials.iter_mut().for_each(|trial| trial.recipe.train.epochs = 3);
        };
        check(shorten, "2 of 3 epochs are warm-up");
    }

    #[test]
    fn mixed_devices_and_commits() {
        check(|bench| bench.run("byol", 64, 0).device = "cuda:0".into(), "2 devices");
        check(|bench| bench.run("byol", 64, 0).commit = "0.1.0 (abc)".into(), "2 commits");
    }
}

mod looks {
    use byolab::plan::{Look, Overrides, UntilDecided};

    use super::*;

    fn always(seeds: &[u64], byol: &[f64], simclr: &[f64]) -> Bench {
        let mut bench = Bench::new(seeds)
            .finish("byol", 512, &vec![0.5; seeds.len()])
            .finish("simclr", 512, &vec![0.5; seeds.len()])
            .finish("byol", 64, byol)
            .finish("simclr", 64, simclr)
            .claim(smaller_drop("knn.top1", 0.0));
        bench.plan.experiment.look = Look::Always;
        bench
    }

    const BYOL: [f64; 5] = [0.490, 0.492, 0.489, 0.491, 0.488];
    const SIMCLR: [f64; 5] = [0.460, 0.463, 0.461, 0.459, 0.460];

    #[test]
    fn always_judge_by_sequences_and_say_what_the_next_seed_would_do() {
        let three = &always(&[0, 1, 2], &BYOL[..3], &SIMCLR[..3]).judge().claims[0];
        assert_eq!((three.verdict, three.low, three.n, three.seen.len()), (Verdict::Undecided, None, 3, 3));
        assert!(three.next.unwrap() > 0.9, "{three:?}");
        assert!(three.missing.as_ref().unwrap().starts_with("one more seed would decide it with"), "{three:?}");
        let five = &always(&[0, 1, 2, 3, 4], &BYOL, &SIMCLR).judge().claims[0];
        assert_eq!((five.verdict, five.corrected, five.next), (Verdict::Holds, Verdict::Holds, None));
        assert!(five.seen[4].low > five.seen[3].low && five.seen[4].high < five.seen[3].high);
        let mut once = always(&[0, 1, 2, 3, 4], &BYOL, &SIMCLR);
        once.plan.experiment.look = Look::Once;
        let once = &once.judge().claims[0];
        assert!(once.low > five.low && once.high < five.high && once.seen.is_empty(), "t intervals are narrower");
    }

    #[test]
    fn what_was_spared_is_not_missing() {
        let mut bench = always(&[0, 1, 2, 3, 4], &BYOL[..3], &SIMCLR[..3]);
        let missing = |bench: &Bench| bench.judge().doubts.iter().any(|doubt| doubt.text.starts_with("not finished"));
        let has = |bench: &mut Bench| {
            bench.snapshot.runs.retain(|id, _| !id.ends_with("-3") && !id.ends_with("-4"));
            missing(bench)
        };
        assert!(has(&mut bench));
        let until = Some(UntilDecided { most_seeds: 5, budget: None });
        bench.plan.overrides = Overrides { until, ..Overrides::default() };
        assert!(!has(&mut bench));
    }

    #[test]
    fn plans_say_what_their_seeds_can_see_by_what_was_trained_or_stated() {
        use byolab::results::power;
        let mut bench = paired_drops().claim(smaller_drop("knn.top1", 0.0));
        let trained = &power(&bench.plan, &bench.snapshot)[0];
        // SciPy: the effect whose noncentral t with 2 degrees lies beyond 4.3027 with probability 0.8.
        near(trained.spreads.unwrap(), 3.264043549819918);
        assert_eq!((trained.seeds, trained.trained), (3, Some(3)));
        near(trained.spread.unwrap(), 0.001732050807568879);
        near(trained.difference.unwrap(), trained.spread.unwrap() * 3.264043549819918);
        bench.snapshot.runs.clear();
        assert_eq!(power(&bench.plan, &bench.snapshot)[0].difference, None);
        bench.plan.experiment.claims[0].spread = Some(0.01);
        let stated = &power(&bench.plan, &bench.snapshot)[0];
        assert_eq!((stated.spread, stated.trained), (Some(0.01), None));
        bench.plan.experiment.look = Look::Always;
        assert_eq!(power(&bench.plan, &bench.snapshot)[0].spreads, None, "three seeds decide nothing");
    }
}
