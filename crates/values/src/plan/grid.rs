//! From an experiment to its trials and heats.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{
    Experiment, Heat, Overrides, Problems, Recipe, Trial,
    demand::ViewDemand,
    draft::{self, Draft, drafts},
    judge,
    recipe::{Augmentation, ProbesRecipe},
    rules,
    settings::Settings,
};

/// Everything that an experiment will train, in the order in which it will be trained.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was planned, with its flags applied.
    pub experiment: Experiment,
    /// Heat after heat.
    pub trials: Vec<Trial>,
    /// Which trials train side by side.
    pub heats: Vec<Heat>,
    /// What was changed about the experiment's file.
    pub overrides: Overrides,
}

impl Plan {
    /// The augmentation sets, in the order in which they come.
    pub fn augmentations(&self) -> Vec<&Augmentation> {
        let mut sets: Vec<&Augmentation> = Vec::new();
        for trial in &self.trials {
            if !sets.contains(&&trial.recipe.augment) {
                sets.push(&trial.recipe.augment);
            }
        }
        sets
    }

    /// The small views beside the two large ones, of the first trial that has some.
    pub fn small_views(&self) -> Vec<ViewDemand> {
        let of = |trial: &Trial| trial.recipe.demand().small().map(|(view, _)| view).collect::<Vec<_>>();
        self.trials.iter().map(of).find(|small| !small.is_empty()).unwrap_or_default()
    }

    /// Judges an augmentation set as if every trial had it; `origin` is the place of what is wrong with it.
    ///
    /// # Errors
    /// Every problem that a plan with the set would have, once.
    pub fn admits(&self, set: &Augmentation, origin: &str) -> Result<(), Problems> {
        let mut problems = Vec::new();
        for problem in self.trials.iter().flat_map(|trial| rules::of_augmentation(&trial.recipe, set, origin)) {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        Problems::unless(problems, ())
    }

    /// Whether it has the trials of another plan, in the same order, and judges them by the same probes: ids tell what is
    /// trained, and nothing of the probes.
    pub fn has_trials_of(&self, other: &Self) -> bool {
        fn told(trial: &Trial) -> (&str, &ProbesRecipe) {
            (&trial.id, &trial.recipe.probes)
        }
        self.trials.iter().map(told).eq(other.trials.iter().map(told))
    }

    /// Lays the defaults, `[recipe]`, the values of the axes and `--set` over each other, the later over the earlier,
    /// for every cell and seed.
    ///
    /// # Errors
    /// Every problem of the flags and of every cell.
    pub fn new(mut experiment: Experiment, overrides: &Overrides) -> Result<Self, Problems> {
        let in_file = drafts(&experiment, &Settings::new());
        let idle_in_file = judge::idle(&experiment.base.settings, &in_file);
        // What flags change is told with the verdict: whoever tries a recipe for an epoch reproduces nothing.
        let unlike_in_file = judge::unlike(&experiment, &in_file);
        let (set, mut problems) = overrides.apply(&mut experiment);
        let drafts = drafts(&experiment, &set);
        if problems.is_empty() {
            problems = judge::cells(&experiment, &drafts, &BTreeSet::new());
            problems.extend(draft::oversized(&experiment));
            problems.extend(idle_in_file);
            problems.extend(judge::idle(&set, &drafts));
            problems.extend(judge::unmeasured(&experiment, &drafts));
            problems.extend(unlike_in_file);
        }
        let (trials, heats) = heats(trials(&drafts, &experiment.seeds));
        Problems::unless(problems, Self { experiment, trials, heats, overrides: overrides.clone() })
    }
}

fn trials(drafts: &[Draft], seeds: &[u64]) -> Vec<Trial> {
    let trial = |draft: &Draft, seed| {
        let mut recipe = draft.recipe.clone();
        recipe.train.seed = seed;
        recipe.method.load();
        Trial { id: recipe.id(), cell: draft.cell.clone(), seed, recipe }
    };
    seeds.iter().flat_map(|&seed| drafts.iter().map(move |draft| trial(draft, seed))).collect()
}

/// Groups trials that differ only in the method and need the same of a batch, heat by heat: seed 0 of every cell comes before seed 1 of any.
fn heats(trials: Vec<Trial>) -> (Vec<Trial>, Vec<Heat>) {
    let Some(method) = trials.first().map(|trial| trial.recipe.method.clone()) else { return Default::default() };
    let mut groups: IndexMap<[String; 2], Vec<Trial>> = IndexMap::new();
    for trial in trials {
        let but_for_the_method = Recipe { method: method.clone(), ..trial.recipe.clone() };
        let demand = trial.recipe.demand().without_labels();
        let needed = [but_for_the_method.canonical(), format!("{demand:?}")];
        groups.entry(needed).or_default().push(trial);
    }
    let mut heats = Vec::new();
    let mut first = 0;
    for group in groups.values() {
        heats.push(Heat { trials: (first..first + group.len()).collect() });
        first += group.len();
    }
    (groups.into_values().flatten().collect(), heats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Cell;

    fn plan_with(text: &str, overrides: &Overrides) -> Result<Plan, Problems> {
        Plan::new(Experiment::parse("x", "x.toml", text).unwrap(), overrides)
    }

    fn plan(text: &str) -> Plan {
        plan_with(text, &Overrides::default()).unwrap()
    }

    fn problems(text: &str, overrides: &Overrides) -> Vec<(String, String, Option<String>)> {
        let problems = plan_with(text, overrides).unwrap_err().0;
        problems.into_iter().map(|problem| (problem.place, problem.text, problem.remedy)).collect()
    }

    fn told(cell: &Cell) -> String {
        cell.values().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn check(text: &str, place: &str, told: &str, remedy: &str) {
        let expected = (place.to_owned(), told.to_owned(), Some(remedy.to_owned()));
        assert_eq!(problems(text, &Overrides::default()), [expected]);
    }

    fn set(typed: &str) -> Overrides {
        Overrides { set: vec![typed.into()], ..Overrides::default() }
    }

    fn only(typed: &str) -> Overrides {
        Overrides { only: vec![typed.into()], ..Overrides::default() }
    }

    const TWO_BY_TWO: &str = r#"
        seeds = [0, 1]
        [recipe]
        method = { projector_out = 64, predictor_hidden = 512 }
        [[axis]]
        key = "train.batch"
        values = [64, 32]
        [[axis]]
        key = "method"
        values = ["byol", "simclr"]
    "#;

    #[test]
    fn a_heat_is_what_differs_in_the_method_and_every_cell_of_a_seed_comes_before_the_next_seed() {
        let plan = plan(TWO_BY_TWO);
        let order: Vec<String> =
            plan.trials.iter().map(|trial| format!("{} {}", trial.seed, told(&trial.cell))).collect();
        let expected = [
            "0 byol 64",
            "0 simclr 64",
            "0 byol 32",
            "0 simclr 32",
            "1 byol 64",
            "1 simclr 64",
            "1 byol 32",
            "1 simclr 32",
        ];
        assert_eq!(order, expected);
        assert_eq!(plan.heats, [0, 2, 4, 6].map(|first| Heat { trials: vec![first, first + 1] }));
    }

    #[test]
    fn a_cell_names_the_method_first_even_where_it_does_not_vary() {
        let cell = &plan("[[axis]]\nkey = 'train.batch'\nvalues = [64]").trials[0].cell;
        assert_eq!(cell.keys().collect::<Vec<_>>(), ["method", "train.batch"]);
    }

    #[test]
    fn adding_a_method_leaves_the_trials_of_the_others_alone() {
        let both = plan(TWO_BY_TWO);
        let one = plan_with(TWO_BY_TWO, &only("method=byol")).unwrap();
        let ids: Vec<&String> = both.trials.iter().map(|trial| &trial.id).collect();
        assert_eq!(one.trials.len(), 4);
        assert!(one.trials.iter().all(|trial| ids.contains(&&trial.id)));
    }

    #[test]
    fn equal_recipes_have_equal_ids_however_they_are_written() {
        let id = |text: &str| plan(text).trials[0].id.clone();
        let plain = id("");
        for same in [
            "seeds = [0]\n[recipe]\ntrain = { batch = 256, optimizer_batch = 0 }",
            "[recipe.method]\nname = 'byol'\nnegative_weight = 0",
            "[recipe]\nmethod = 'byol'\naugment = 'byol'\noptimizer.lr = 0.30",
            "[[axis]]\nkey = 'train.warmup_epochs'\nvalues = [10]",
        ] {
            assert_eq!(id(same), plain, "{same}");
        }
        assert_ne!(id("[recipe]\ntrain = { batch = 128 }"), plain);
    }

    #[test]
    fn later_layers_win() {
        let text = "[recipe]\ntrain = { epochs = 3, batch = 8 }\n[[axis]]\nkey = 'train.batch'\nvalues = [16]";
        let train = plan_with(text, &set("train.epochs=7")).unwrap().trials[0].recipe.train.clone();
        assert_eq!((train.batch, train.epochs), (16, 7));
    }

    #[test]
    fn the_same_problem_is_told_once_with_its_cells() {
        check(
            "[recipe]\ntrain.optimizer_batch = 96\n[[axis]]\nkey = 'train.batch'\nvalues = [64, 32]",
            "x.toml:2:25",
            "an optimizer batch of 96 is not a multiple of the batch, 64",
            "use `64` or `128`\nin 1 of 2 cells: byol 64",
        );
    }

    #[test]
    fn an_axis_must_mean_something_to_every_method() {
        check(
            "[[axis]]\nkey = 'method'\nvalues = ['byol', 'simclr']\n[[axis]]\nkey = 'method.target_decay'\nvalues = [0.5]",
            "x.toml:6:11",
            "`target_decay` is not a key of simclr",
            "`byol`, `simclr-ema`, `moco`, `moco-v3`, `dino`, `few-labels`, `fixmatch`, `pseudo-label`, `mean-teacher` have it; simclr has `temperature`, `loss_scale`, `projector_depth`, `projector_hidden`, `projector_out` or `projector_norm`\nto vary it for those alone, write `target_decay` into their values on the axis `method`\nin 1 of 2 cells: simclr 0.5",
        );
    }

    #[test]
    fn a_base_key_must_mean_something_to_one_method() {
        check(
            "[recipe.method]\nname = 'simclr'\ntarget_decay = 0.5",
            "x.toml:3:16",
            "`target_decay` is not a key of simclr",
            "`byol`, `simclr-ema`, `moco`, `moco-v3`, `dino`, `few-labels`, `fixmatch`, `pseudo-label`, `mean-teacher` have it; simclr has `temperature`, `loss_scale`, `projector_depth`, `projector_hidden`, `projector_out` or `projector_norm`",
        );
        assert!(plan_with(TWO_BY_TWO, &only("method=simclr")).is_ok(), "predictor_hidden is byol's");
    }

    #[test]
    fn cells_that_train_the_same_are_a_problem() {
        check(
            "[[axis]]\nkey = 'method'\nvalues = [{ name = 'byol' }, { name = 'byol', predictor = true }]",
            "x.toml:3:30",
            "this value of `method` trains the same as byol",
            "leave one of them out\nin 1 of 2 cells: byol predictor=true",
        );
    }

    #[test]
    fn rules_between_keys_are_judged() {
        let first = |text: &str| problems(text, &Overrides::default()).remove(0).1;
        for (text, expected) in [
            ("[recipe]\ndata.limit = 46000", "46000 training images are more than the 45000 that there are"),
            ("[recipe]\ndata.held_out = 50000", "50000 held-out images leave nothing to train on"),
            ("[recipe]\ndata.limit = 200", "a batch of 256 is larger than the 200 training images"),
            ("[recipe]\ntrain.warmup_epochs = 101", "a warm-up of 101 epochs is longer than the training, 100"),
            ("[recipe]\ntrain.norm_groups = 3", "a batch of 256 cannot be split into 3 groups for normalisation"),
            (
                "[recipe]\ntrain = { batch = 8, norm_groups = 8 }",
                "8 groups of a batch of 8 have one image each: nothing to normalise by",
            ),
            ("[recipe]\ntrain.schedule = 'steps'", "the steps schedule has no milestones"),
            ("[recipe]\ntrain.milestones = [3]", "milestones are the steps schedule's, and the schedule is another"),
            (
                "[recipe]\ntrain = { schedule = 'steps', milestones = [50, 100] }",
                "the milestone 100 is not before the end of training, 100 epochs",
            ),
            (
                "[recipe]\nmethod = { name = 'moco', queue = 1000 }",
                "a queue of 1000 does not hold whole batches of 256 keys",
            ),
            (
                "[recipe]\nmethod = { name = 'moco', queue = 768, symmetric = true }",
                "a queue of 768 does not hold whole batches of 512 keys",
            ),
            ("[recipe.method]\ntemperature = 0.2", "a temperature without negatives does nothing"),
            (
                "[recipe.method]\npredictor = false\npredictor_lr = 10",
                "a predictor's rate or depth without a predictor does nothing",
            ),
            ("[recipe.method]\nstop_gradient = true", "no gradient reaches a target network in any case"),
            ("[recipe.method]\nnormalization = 'none'\nnegative_weight = 1", "negatives compare rows of length 1"),
            ("[recipe]\nmethod = { name = 'simclr-v2', head_layer = 3 }", "the head's layer 3 is its output or beyond"),
            (
                "[recipe]\nmethod = { name = 'dcl', sigma = 0.1 }",
                "pairs without a weighting have no sigma, and weights no gradient",
            ),
            (
                "[recipe]\nmethod = { name = 'w-mse', whitening_size = 96 }",
                "a batch of 256 cannot be whitened in groups of 96",
            ),
            (
                "[recipe]\nmethod = { name = 'w-mse', projector_out = 128 }",
                "128 images have no covariance of 128 dimensions that could be inverted",
            ),
            (
                "[recipe]\nmethod = { name = 'w-mse', whitening_size = 256, whitening_iterations = 2 }",
                "a batch that is whitened as a whole is the same however often it is dealt",
            ),
            ("[recipe]\nprobes.knn_k = 50000", "50000 nearest neighbours are more than the 45000 training images"),
            ("[recipe]\ndata = 'folder'", "a folder of images has no place"),
            (
                "[recipe]\ndata = { name = 'folder', path = 'x' }",
                "how many images a folder holds is not known before it is read",
            ),
            ("[recipe]\ndata.path = 'x'", "only `folder` has a path"),
            (
                "[recipe]\naugment = 'x'\n[augment.x]\nfirst = [{ op = 'blur', kernel = 65 }]",
                "a blur of 65 pixels is twice as wide as the images, 32, or wider",
            ),
            ("[recipe]\ndata.unlabelled = true", "only `stl10` has unlabelled images"),
            ("[recipe]\nprobes.transfer = 'cifar-10'", "there is no data set `cifar-10` to judge features on"),
            ("[recipe]\nprobes.semi_supervised = true", "fine-tuning has no epochs"),
            ("[recipe]\nprobes.finetune_sweep = true", "fine-tuning has no epochs"),
            ("[recipe]\nprobes.factors = true", "only `synthetic` images have known factors"),
            (
                "[recipe]\ndata.label_share = 0.1\nmethod.name = 'supervised'",
                "`supervised` learns from images with labels only",
            ),
            (
                "[recipe]\ndata = { name = 'stl10', held_out = 1000, limit = 5000 }",
                "5000 training images are more than the 4000 that there are",
            ),
        ] {
            assert_eq!(first(text), expected);
        }
    }

    #[test]
    fn every_wrong_flag_is_told() {
        let overrides = Overrides {
            set: vec!["train.bacth=3".into(), "train.batch=64".into(), "train.epochs=x".into()],
            axes: vec!["train.batch=64,many".into(), "foo=1".into()],
            only: vec!["train.batch=63".into(), "bar=1".into()],
            seeds: Some(vec![1, 1]),
            until: None,
        };
        let places: Vec<String> = problems(TWO_BY_TWO, &overrides).into_iter().map(|problem| problem.0).collect();
        let expected = [
            "--axis train.batch=64,many",
            "--axis foo=1",
            "--set train.bacth=3",
            "--set train.epochs=x",
            "--set train.batch=64",
            "--only train.batch=63",
            "--only bar=1",
            "--seeds",
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn an_axis_takes_other_values() {
        let plan = plan_with(TWO_BY_TWO, &axes(&["train.batch=128"])).unwrap();
        let cells: Vec<String> = plan.trials.iter().map(|trial| told(&trial.cell)).collect();
        assert_eq!(cells, ["byol 128", "simclr 128", "byol 128", "simclr 128"]);
        let told = problems(TWO_BY_TWO, &axes(&["train.batch=128,1"])).remove(0);
        assert_eq!(
            (told.1.as_str(), told.2.as_deref()),
            ("`train.batch` cannot be 1", Some("use a whole number, at least 2"),)
        );
    }

    fn axes(typed: &[&str]) -> Overrides {
        Overrides { axes: typed.iter().map(ToString::to_string).collect(), ..Overrides::default() }
    }

    fn cells(text: &str, overrides: &Overrides) -> Vec<String> {
        plan_with(text, overrides).unwrap().trials.iter().map(|trial| told(&trial.cell)).collect()
    }

    #[test]
    fn a_flag_makes_an_axis_where_there_is_none() {
        let typed = axes(&["train.epochs=10..30 by 3"]);
        assert_eq!(cells("[recipe]\nmethod = 'simclr'", &typed), ["simclr 10", "simclr 20", "simclr 30"]);
        let typed = axes(&["method.name=byol,simclr", "augment=crop-only"]);
        assert_eq!(cells("", &typed), ["byol crop-only", "simclr crop-only"]);
        let problems = problems("", &axes(&["train.bacth=64,32", "train.seed=1,2", "train.batch=64..500 by x2"]));
        let texts: Vec<(&str, &str)> =
            problems.iter().map(|(_, text, remedy)| (text.as_str(), remedy.as_deref().unwrap_or_default())).collect();
        let range = "use 0.9..0.999 by 4 (4 values, evenly spaced) or 64..512 by x2 (each twice the one before)";
        assert_eq!(
            texts,
            [
                ("there is no recipe key `train.bacth`", "did you mean `train.batch`?"),
                ("seeds are not an axis", "use --seeds 0,1,2"),
                ("the range goes 64, 128, 256 and misses 500", range),
            ]
        );
    }

    #[test]
    fn an_axis_of_a_methods_own_key_is_for_the_methods_that_have_it() {
        let both = "[[axis]]\nkey = 'method'\nvalues = ['byol', { name = 'simclr', temperature = 0.2 }]";
        let decays = ["byol target_decay=0.9", "byol target_decay=0.99", "byol target_decay=1", "simclr"];
        for typed in ["method.target_decay=0.9,0.99,1", "method.target_decay = 0.90, 0.99, 1.0"] {
            assert_eq!(cells(both, &axes(&[typed])), decays);
        }
        let own = "baseline = { 'method.target_decay' = 0.9 }\n\
                   [[axis]]\nkey = 'method.target_decay'\nvalues = [0.9, 0.99, 1]";
        assert_eq!(cells(own, &axes(&["method=byol,simclr"])), decays);
        assert_eq!(cells(both, &axes(&["method.target_decay=0.9"])), ["byol", "simclr"]);
        assert_eq!(cells("", &axes(&["method.target_decay=0.9,1"])), ["byol 0.9", "byol 1"]);
        let again = axes(&["method={ name = 'byol', target_decay = 0.5 },byol,simclr", "method.target_decay=0.9,1"]);
        assert_eq!(cells("", &again), ["byol target_decay=0.9", "byol target_decay=1", "simclr"]);
        let optimizers = axes(&["optimizer=sgd,lars", "optimizer.trust=0.001,0.01"]);
        assert_eq!(cells("", &optimizers), ["byol sgd", "byol lars trust=0.001", "byol lars trust=0.01"]);
        let none = problems("[recipe]\nmethod = 'simclr'", &axes(&["method.target_decay=0.9,1"]));
        assert_eq!(none[0].1, "`target_decay` is not a key of simclr");
    }

    #[test]
    fn several_values_of_one_key_are_an_axis() {
        for typed in ["train.batch=64,32", "train.batch=[64,32]", "train.batch=32..64 by x2"] {
            let told = problems("", &set(typed)).remove(0);
            let values = typed.trim_start_matches("train.batch=").trim_matches(['[', ']']);
            let remedy = match values.contains(' ') {
                true => format!("to vary it, use --axis 'train.batch={values}'"),
                false => format!("to vary it, use --axis train.batch={values}"),
            };
            assert_eq!((told.1.as_str(), told.2), ("`train.batch` is set to one value", Some(remedy)));
        }
        assert_eq!(problems("", &set("train.batch=64,many"))[0].1, "`train.batch` cannot be \"64,many\"");
    }

    #[test]
    fn a_grid_that_nobody_would_train_is_refused_before_it_is_laid_out() {
        let typed = axes(&["train.epochs=1..100 by 100", "data.seed=1..100 by 100", "train.log_every=1..100 by 100"]);
        let seeds = Overrides { seeds: Some((0..100).collect()), ..typed };
        let expected = (
            "x.toml".to_owned(),
            "this grid has 100000000 trials; a plan has 10000 at most".to_owned(),
            Some("`train.log_every` has 100 values: keep fewer of them, or vary fewer keys".to_owned()),
        );
        assert_eq!(problems("", &seeds), [expected]);
        let many: Vec<String> = (0..1001).map(|value| format!("0.{value:04}")).collect();
        let [told] = &problems("", &axes(&[&format!("optimizer.lr={}", many.join(","))]))[..] else { panic!() };
        assert_eq!(told.1, "the axis `optimizer.lr` has 1001 values; an axis has 1000 at most");
        assert!(told.0.ends_with(",0.00…") && told.0.len() < 210, "{}", told.0);
        let file = format!("[[axis]]\nkey = 'optimizer.lr'\nvalues = [{}]", many.join(","));
        assert_eq!(Experiment::parse("x", "x.toml", &file).unwrap_err().0[0].text, told.1);
        let few = Overrides { only: vec!["data.seed=1".into(), "train.log_every=1".into()], ..seeds };
        assert_eq!(plan_with("", &few).unwrap().trials.len(), 10_000);
    }

    #[test]
    fn lists_and_large_numbers_are_values() {
        let list = "[recipe]\ntrain.schedule = 'steps'\n\
                    [[axis]]\nkey = 'train.milestones'\nvalues = [[1], [1, 2], [2, 3]]\n";
        assert_eq!(cells(list, &Overrides::default()), ["byol [1]", "byol [1, 2]", "byol [2, 3]"]);
        assert_eq!(cells(list, &only("train.milestones=[1,2]")), ["byol [1, 2]"]);
        let with = |top: &str| plan_with(&format!("baseline = {{ {top} }}\n{list}"), &Overrides::default());
        assert!(with("train.milestones = [1, 2]").is_ok());
        let large = "[[axis]]\nkey = 'data.seed'\nvalues = [1700000000000000001, 1700000000000000002]";
        assert_eq!(cells(large, &Overrides::default()), ["byol 1700000000000000001", "byol 1700000000000000002"]);
        assert_eq!(cells(large, &only("data.seed=1700000000000000002")), ["byol 1700000000000000002"]);
    }

    #[test]
    fn unnamed_sets_are_told_by_what_they_do() {
        let sets = |values: &str| format!("[[axis]]\nkey = 'augment'\nvalues = [{values}]");
        let flip = "{ first = [{ op = 'flip' }] }";
        let text = sets(&format!(
            "'byol', {flip}, {{ first = [{{ op = 'flip', p = 0.3 }}, {{ op = 'crop', area = [0.2, 1.0] }}], second = [] }}"
        ));
        assert_eq!(
            cells(&text, &Overrides::default()),
            ["byol byol", "byol flip 0.5", "byol flip 0.3 + crop 0.2-1 / nothing"]
        );
        let alike = sets(
            "{ first = [{ op = 'crop', area = [0.2, 1.0] }] }, { first = [{ op = 'crop', area = [0.2, 1.0], aspect = [1.0, 1.0] }] }",
        );
        assert_eq!(
            cells(&alike, &Overrides::default()),
            [
                "byol { first = [{ op = \"crop\", area = [0.2, 1.0] }] }",
                "byol { first = [{ op = \"crop\", area = [0.2, 1.0], aspect = [1.0, 1.0] }] }",
            ]
        );
        let one = plan(&sets(flip)).trials.remove(0);
        assert_eq!((one.recipe.augment.name.as_str(), one.recipe.augment.label().as_str()), ("inline", "flip 0.5"));
        let refused = |values: &str| Experiment::parse("x", "x", &sets(values)).unwrap_err().0.remove(0);
        let twice = refused(&format!("{flip}, {{ first = [{{ op = 'flip', p = 0.5 }}] }}"));
        assert_eq!(twice.remedy.as_deref(), Some("leave one of them out"));
        let named = refused("{ name = 'a', first = [] }, { name = 'a', first = [{ op = 'flip' }] }");
        assert_eq!(named.text, "there is another set `a`, which does something else");
        let alike = refused(&format!(
            "{{ name = 'flip 0.5', first = [] }}, {{ name = '{{ first = [{{ op = \"flip\" }}] }}', first = [] }}, {flip}"
        ));
        assert_eq!(alike.text, "two values of `augment` read as `{ first = [{ op = \"flip\" }] }`");
    }

    const CLAIM: &str = "[recipe]\ndata.name = 'synthetic'\n\
        [[axis]]\nkey = 'method'\nvalues = ['byol', 'simclr']\n\
        [[claim]]\ntext = 't'\n";

    #[test]
    fn a_claim_about_what_nobody_measures_is_refused_with_the_key_that_would() {
        let greater = "greater = [{ method = 'byol' }, { method = 'simclr' }]";
        for (metric, remedy, set) in [
            ("test.linear.top1", "write probes.test = true in [recipe], or --set probes.test=true", "probes.test=true"),
            (
                "finetune.top1",
                "write probes.finetune_epochs = 30 in [recipe], or --set probes.finetune_epochs=30",
                "probes.finetune_epochs=30",
            ),
            (
                "factor.class",
                "write probes.factors = true in [recipe], or --set probes.factors=true",
                "probes.factors=true",
            ),
            (
                "lidar",
                "write probes.measures = true in [recipe], or --set probes.measures=true",
                "probes.measures=true",
            ),
            (
                "stage2.top1",
                "write probes.stage_features = 1024 in [recipe], or --set probes.stage_features=1024",
                "probes.stage_features=1024",
            ),
            (
                "untrained.factor.shape",
                "write probes.factors = true in [recipe], or --set probes.factors=true",
                "probes.factors=true",
            ),
        ] {
            let text = format!("{CLAIM}metric = '{metric}'\n{greater}");
            let expected = format!("nobody measures `{metric}` under this recipe");
            assert_eq!(
                problems(&text, &Overrides::default()),
                [("x.toml:8:10".to_owned(), expected, Some(remedy.into()))]
            );
            assert!(plan_with(&text, &self::set(set)).is_ok(), "{metric}");
        }
        for (metric, text) in [
            ("untrained.feature_std", "nobody measures `feature_std` on the untrained encoder"),
            ("target_cosine", "`target_cosine` is a curve of the training: a finished trial has no such number"),
            ("card.power", "`card.power` is a curve of the training: a finished trial has no such number"),
        ] {
            assert_eq!(problems(&format!("{CLAIM}metric = '{metric}'\n{greater}"), &Overrides::default())[0].1, text);
        }
        for metric in ["knn.top1", "untrained.linear.top1", "loss", "effective_rank", "images_per_second"] {
            assert!(plan_with(&format!("{CLAIM}metric = '{metric}'\n{greater}"), &Overrides::default()).is_ok());
        }
    }

    #[test]
    fn seeds_come_from_the_flag_the_set_the_file_or_are_0() {
        let seeds = |text: &str, overrides: &Overrides| plan_with(text, overrides).unwrap().experiment.seeds;
        assert_eq!(seeds("", &Overrides::default()), [0]);
        assert_eq!(seeds("[recipe]\ntrain.seed = 4", &Overrides::default()), [4]);
        assert_eq!(seeds("seeds = [1, 2]", &set("train.seed=9")), [9]);
        let flag = Overrides { seeds: Some(vec![7]), ..set("train.seed=9") };
        assert_eq!(seeds("seeds = [1, 2]", &flag), [7]);
    }
}
