//! An experiment file read: the experiment, or everything that is wrong with the file.

mod augment;
mod axis;
mod claim;
mod flag;
mod reader;
mod recipe;
mod source;

pub use axis::labels as axis_labels;
pub use claim::KEYS as CLAIM_KEYS;
pub use flag::{axis_values, setting as flag};

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::{
    Axis, Experiment, Look, Problem, Problems,
    draft::drafts,
    experiment::{Base, axis_key},
    judge,
    papers::{self, Paper},
    recipe::Augmentation,
    settings::Settings,
    words::nearest_or_all,
};
use claim::Coordinates;
use reader::{Item, Reader, plain};
use source::Source;

/// The user's own augmentation sets by name.
pub type Sets = BTreeMap<String, Augmentation>;

/// The parts of a file in the order in which people write them: values first, then tables.
pub const KEYS: &[&str] = &[
    "question",
    "source",
    "expect",
    "published",
    "seeds",
    "look",
    "baseline",
    "names",
    "recipe",
    "axis",
    "augment",
    "claim",
];

impl Experiment {
    /// Reads the text of an experiment file; `origin` says where it came from.
    ///
    /// # Errors
    /// Every problem in the order of the text, then those of the cells.
    pub fn parse(name: &str, origin: &str, text: &str) -> Result<Self, Problems> {
        let source = Source { origin, text, flag: false };
        let (document, errors) = DeTable::parse_recoverable(text);
        if let Some(error) = first(&errors, text) {
            return Err(syntax(&source, error).into());
        }
        let mut reader = Reader::new(&source);
        let experiment = read(&mut reader, name, document.get_ref());
        let broken = std::mem::take(&mut reader.broken);
        let mut problems = reader.into_problems();
        if !problems.is_empty() {
            problems.extend(judge::cells(&experiment, &drafts(&experiment, &Settings::new()), &broken));
        }
        Problems::unless(problems, experiment)
    }
}

/// The error told first in the first line that has one: what follows that line is guesswork. There may be one for each byte.
fn first<'a>(errors: &'a [toml::de::Error], text: &str) -> Option<&'a toml::de::Error> {
    let begin = errors.iter().map(|error| start(error, text)).min()?;
    let end =
        text.as_bytes()[begin..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| begin + length);
    errors.iter().find(|error| start(error, text) <= end)
}

fn start(error: &toml::de::Error, text: &str) -> usize {
    error.span().map_or(text.len(), |span| span.start)
}

fn syntax(source: &Source, error: &toml::de::Error) -> Problem {
    let start = start(error, source.text);
    source.spot(error.span().unwrap_or(start..start)).problem(format!("this is not TOML: {}", error.message()), None)
}

fn read(reader: &mut Reader, name: &str, document: &DeTable) -> Experiment {
    reader.only(document, KEYS, "an experiment");
    let mut sets = document.get("augment").map(|item| augment::sets(reader, item)).unwrap_or_default();
    let settings = document.get("recipe").map(|item| recipe::settings(reader, item, &mut sets)).unwrap_or_default();
    let (axes, spots) = document.get("axis").map(|item| axis::axes(reader, item, &mut sets)).unwrap_or_default();
    let grid = Coordinates::new(&axes, &settings);
    let baseline = document.get("baseline").map(|item| grid.selector(reader, item, "the baseline")).unwrap_or_default();
    let claims = document.get("claim").map(|item| claim::claims(reader, item, &grid, &baseline)).unwrap_or_default();
    let (claims, asked) = claims.into_iter().unzip();
    let seeds = seeds(reader, document.get("seeds"), &settings);
    let look = document.get("look").and_then(|item| look(reader, item)).unwrap_or_default();
    let mut text = |key: &str| document.get(key).and_then(|item| reader.text(item, &format!("`{key}`")));
    let (question, source, expect) = (text("question").unwrap_or_default(), text("source"), text("expect"));
    let published = document.get("published").and_then(|item| published(reader, item));
    let names = document.get("names").map(|item| names(reader, item, &axes)).unwrap_or_default();
    Experiment {
        name: name.into(),
        origin: reader.source.origin.into(),
        text: reader.source.text.into(),
        question,
        source,
        expect,
        names,
        published,
        seeds,
        look,
        baseline,
        axes,
        claims,
        base: Base { settings, sets, spots, asked },
    }
}

/// Names of one's own for axes and their values.
fn names(reader: &mut Reader, item: &Item, axes: &[Axis]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let of = |axis: &Axis| {
        [axis.key.clone()]
            .into_iter()
            .chain(axis.values.iter().map(|value| value.label.to_string()))
            .collect::<Vec<_>>()
    };
    let known: Vec<String> = axes.iter().flat_map(of).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for (key, item) in reader.table(item, "`names`").into_iter().flatten() {
        let word = axis_key(key.get_ref());
        if !known.contains(&word) {
            reader.unknown(key.span(), "axis or value", word, &known);
        } else if let Some(name) = reader.text(item, &format!("the name of `{word}`")) {
            names.insert(word.to_owned(), name);
        }
    }
    names
}

/// The name of a table that there is.
fn published(reader: &mut Reader, item: &Item) -> Option<String> {
    Some(paper(reader, item, "`published`")?.name.into())
}

/// The table of that name.
fn paper(reader: &mut Reader, item: &Item, what: &str) -> Option<&'static Paper> {
    let name = reader.text(item, what)?;
    let paper = papers::paper(&name);
    if paper.is_none() {
        let names: Vec<&str> = papers::papers().iter().map(|paper| paper.name).collect();
        reader.unknown(item.span(), "published table", &name, &names);
    }
    paper
}

/// How often claims are judged.
fn look(reader: &mut Reader, item: &Item) -> Option<Look> {
    let name = reader.text(item, "`look`")?;
    let look = Look::named(&name);
    if look.is_none() {
        let names = Look::ALL.map(Look::name);
        reader.report(item.span(), format!("`look` cannot be \"{name}\""), nearest_or_all(&name, &names));
    }
    look
}

/// The seeds of the file; where it names none, the recipe's `train.seed`.
fn seeds(reader: &mut Reader, item: Option<&Item>, settings: &Settings) -> Vec<u64> {
    let one = settings.get("train.seed").and_then(|setting| setting.value.as_integer());
    let Some(item) = item else { return vec![one.unwrap_or(0) as u64] };
    let mut seeds = Vec::new();
    let Some(items) = reader.array(item, "`seeds`") else { return seeds };
    if items.is_empty() {
        reader.report(item.span(), "`seeds` is empty", "use at least one: seeds = [0]".to_owned());
    }
    for item in items {
        match plain(item).as_integer().and_then(|seed| u64::try_from(seed).ok()) {
            Some(seed) if seeds.contains(&seed) => {
                reader.report(item.span(), format!("seed {seed} stands twice"), None)
            }
            Some(seed) => seeds.push(seed),
            None => reader.report(
                item.span(),
                format!("a seed cannot be {}", plain(item)),
                "use whole numbers, at least 0".to_owned(),
            ),
        }
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Measure, Selector, Test, Value};

    /// The problems as `line:column text / remedy`.
    fn problems(text: &str) -> Vec<String> {
        let problems = Experiment::parse("x", "x", text).unwrap_err().0;
        let line = |problem: Problem| {
            let place = problem.place.trim_start_matches("x:").to_owned();
            let remedy = problem.remedy.map(|remedy| format!(" / {remedy}")).unwrap_or_default();
            format!("{place} {}{remedy}", problem.text)
        };
        problems.into_iter().map(line).collect()
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(problems(text), [expected], "{text}");
    }

    #[test]
    fn unknown_keys_are_found_at_every_level() {
        check("qestion = 'x'", "1:1 an experiment has no key `qestion` / did you mean `question`?");
        check("[recipe.train]\nbacth = 2", "2:1 there is no recipe key `train.bacth` / did you mean `train.batch`?");
        check("recipe.batch = 2", "1:8 there is no recipe key `batch` / did you mean `train.batch`?");
        check(
            "[recipe.method]\ntemp = 1",
            "2:1 there is no recipe key `method.temp` / did you mean `method.temperature`?",
        );
        check(
            "axis = [{ key = 'train.batch', vals = [2], values = [2] }]",
            "1:32 an axis has no key `vals` / did you mean `values`?",
        );
        check(
            "[augment.a]\nfirst = []\nthird = []",
            "3:1 an augmentation set has no key `third` / use `arithmetic`, `first` or `second`",
        );
        check("augment.a.first = [{ op = 'flip', q = 1 }]", "1:35 `flip` has no key `q` / use `op` or `p`");
    }

    #[test]
    fn ill_typed_and_out_of_range_values_are_told_what_to_be() {
        check("question = 5", "1:12 `question` cannot be 5 / use text in quotes");
        check("seeds = [-1]\n", "1:10 a seed cannot be -1 / use whole numbers, at least 0");
        check("seeds = []", "1:9 `seeds` is empty / use at least one: seeds = [0]");
        check("seeds = 3", "1:9 `seeds` cannot be 3 / use a list: [...]");
        check("seeds = [3, 3]", "1:13 seed 3 stands twice");
        check("look = 'twice'", "1:8 `look` cannot be \"twice\" / use `once` or `always`");
        check("look = 'alway'", "1:8 `look` cannot be \"alway\" / did you mean `always`?");
        check("look = 2", "1:8 `look` cannot be 2 / use text in quotes");
        check("recipe.train.epochs = 1.5", "1:23 `train.epochs` cannot be 1.5 / use a whole number, at least 1");
        check("recipe.method.target_decay = 2", "1:30 `method.target_decay` cannot be 2 / use a number, 0 to 1");
        check("recipe.train = 5", "1:16 `train` cannot be 5 / use a table: { key = value }");
        check(
            "recipe.train.seed = 99999999999999999999",
            "1:21 `train.seed` cannot be \"99999999999999999999\" / use a whole number, at least 0",
        );
    }

    #[test]
    fn unknown_names_are_answered_with_near_ones() {
        check("recipe.method = 'mocov2'", "1:17 `method.name` cannot be \"mocov2\" / did you mean `moco`?");
        check("recipe.optimizer = 'x'", "1:20 `optimizer.name` cannot be \"x\" / use `lars`, `sgd` or `adamw`");
        check(
            "recipe.encoder.name = 'resnet81'",
            "1:23 `encoder.name` cannot be \"resnet81\" / did you mean `resnet18`?",
        );
        check(
            "recipe.augment = 'crops-only'",
            "1:18 there is no augmentation set `crops-only` / did you mean `crop-only`?",
        );
    }

    #[test]
    fn names_of_ones_own_are_for_what_stands_on_an_axis() {
        let text = "names = { byol = 'BYOL', 'train.batch' = 'batch size', 64 = 'small' }\n\
                    [[axis]]\nkey = 'method'\nvalues = ['byol', 'simclr']\n\
                    [[axis]]\nkey = 'train.batch'\nvalues = [512, 64]";
        let experiment = Experiment::parse("x", "x", text).unwrap();
        for (word, name) in [("byol", "BYOL"), ("train.batch", "batch size"), ("64", "small"), ("simclr", "simclr")] {
            assert_eq!(experiment.named(word), name);
        }
        check(&text.replace("byol =", "boyl ="), "1:11 there is no axis or value `boyl` / did you mean `byol`?");
        check(&text.replace("'BYOL'", "5"), "1:18 the name of `byol` cannot be 5 / use text in quotes");
    }

    #[test]
    fn claims_are_judged_once_unless_a_file_says_always() {
        let look = |text: &str| Experiment::parse("x", "x", text).unwrap().look;
        assert_eq!([look(""), look("look = 'once'"), look("look = 'always'")], [Look::Once, Look::Once, Look::Always]);
    }

    #[test]
    fn published_tables_are_named() {
        check(
            "published = 'lightly-cifar'",
            "1:13 there is no published table `lightly-cifar` / did you mean `lightly-cifar10`?",
        );
    }

    #[test]
    fn axes_are_checked() {
        let axis = |key: &str, values: &str| format!("[[axis]]\nkey = '{key}'\nvalues = {values}");
        check(&axis("train.batch", "[]"), "3:10 the axis `train.batch` has no values");
        check(
            &axis("train.batch", "[64, 64]"),
            "3:15 64 stands twice on the axis `train.batch` / leave one of them out",
        );
        check(
            &axis("optimizer.lr", "[1, 1.0]"),
            "3:14 1.0 stands twice on the axis `optimizer.lr` / leave one of them out",
        );
        check(
            &axis("train.batch", "[64, 'many']"),
            "3:15 `train.batch` cannot be \"many\" / use a whole number, at least 2",
        );
        check(&axis("train.seed", "[1]"), "2:7 seeds are not an axis / write them at the top: seeds = [0, 1, 2]");
        check(&axis("trian.batch", "[64]"), "2:7 there is no recipe key `trian.batch` / did you mean `train.batch`?");
        check(
            &axis("train.batch", "[{ a = 1 }]"),
            "3:11 `train.batch` cannot be { a = 1 } / use a whole number, at least 2",
        );
        check(&axis("method", "[{}]"), "3:11 a value of `method` is empty");
        check("[[axis]]\nkey = 'method'", "1:1 an axis needs `key` and `values`");
    }

    #[test]
    fn augmentation_sets_are_checked() {
        let first = |op: &str| format!("augment.a.first = [{op}]");
        check(&first("{ op = 'flp' }"), "1:27 there is no operation `flp` / did you mean `flip`?");
        check(&first("{ op = 'flip', p = 1.5 }"), "1:39 `p` of `flip` cannot be 1.5 / use a number, 0 to 1");
        check(
            &first("{ op = 'blur', kernel = 4 }"),
            "1:44 `kernel` of `blur` cannot be 4 / use an odd whole number, or 0",
        );
        check(
            &first("{ op = 'crop', area = [0, 1] }"),
            "1:42 `area` of `crop` cannot be [0, 1] / use two numbers, the smaller first, each above 0, at most 1",
        );
        check(
            &first("{ op = 'jitter', hue = 0.1 }"),
            "1:20 `jitter` needs brightness, contrast, saturation / `byolab augmentations` says what they mean",
        );
        check("[augment.byol]\nfirst = []", "1:10 `byol` is a built-in augmentation set / choose another name");
    }

    /// Two methods and two batch sizes.
    const GRID: &str = "baseline = { 'train.batch' = 64 }\n\
        axis = [{ key = 'method', values = ['byol', 'simclr'] }, { key = 'train.batch', values = [64, 32] }]\n";

    fn claim(rest: &str) -> String {
        format!("{GRID}[[claim]]\ntext = 't'\nmetric = 'knn.top1'\n{rest}")
    }

    #[test]
    fn baselines_and_claims_stay_on_the_axes() {
        check("baseline = { 'train.epochs' = 2 }", "1:14 there is no axis `train.epochs` / there is `method`");
        check(&GRID.replacen("64", "63", 1), "1:30 `63` is not on the axis `train.batch` / use `64` or `32`");
        check(
            &claim("less = ['byol', 'simcrl']\nalong = 'train.batch'\nto = 32"),
            "6:17 `simcrl` is not on the axis `method` / did you mean `simclr`?",
        );
        check(
            &claim("less = ['byol', 'simclr']\nalong = 'train.batch'\nto = 64"),
            "8:6 `to` is the baseline of `train.batch`: the drop is 0",
        );
        check(
            &claim("greater = [{ method = 'byol' }, { 'train.batch' = 32 }]"),
            "3:1 this claim does not say where on `method` it holds / fix it with at = { KEY = VALUE }, or give it a baseline",
        );
        check(
            &claim("greater = [{ method = 'byol' }, { method = 'simclr' }]\nspread = 0"),
            "7:10 `spread` cannot be 0 / use a number above 0, in units of the metric: 0.02 is two points of accuracy",
        );
        check(
            &claim("margin = 0.1"),
            "3:1 a claim compares two things in one way / use `less`, `along` and `to`; `less_slope` and `along`; \
             `greater`; `equal` and `within`; `reproduces`; `collapses`; `does_not_collapse`; or `learns`",
        );
        check(
            &claim("greater = [{ method = 'byol' }, { method = 'simclr' }]").replace("knn.top1", "knn.top5"),
            "5:10 there is no metric `knn.top5` / did you mean `knn.top1`?",
        );
        check(
            &claim("greater = [{ method = 'byol' }, { method = 'simclr' }]").replace("knn.top1", "quality"),
            "5:10 there is no metric `quality` / `byolab metrics` lists them",
        );
    }

    #[test]
    fn cells_that_are_to_be_equal_say_within_what() {
        let equal = "equal = [{ method = 'byol' }, { method = 'simclr' }]";
        let found = Experiment::parse("x", "x", &claim(&format!("{equal}\nwithin = 0.01"))).unwrap().claims.remove(0);
        assert!(matches!(found.test, Test::Equal { .. }) && found.margin == 0.01);
        check(&claim(equal), "3:1 a claim with `equal` needs `within` / two points of accuracy are within = 0.02");
        check(
            &claim(&format!("{equal}\nwithin = 0.01\nmargin = 0.1")),
            "8:1 `margin` says nothing where two things are to be equal / leave it out: `within` says how far apart they may be",
        );
        check(
            &claim("equal = [{ method = 'byol' }]\nwithin = 0.01"),
            "6:9 `equal` compares two cells / use equal = [{ KEY = VALUE }, { KEY = VALUE }]",
        );
        check(
            &claim("greater = [{ method = 'byol' }, { method = 'simclr' }]\nwithin = 0.01"),
            "7:1 `within` says nothing to a claim with `greater` / leave it out",
        );
    }

    #[test]
    fn measures_of_drops_are_checked() {
        let drop = |measure: &str| {
            claim(&format!("less = ['byol', 'simclr']\nalong = 'train.batch'\nto = 32\nmeasure = {measure}"))
        };
        let measure = |name: &str| Experiment::parse("x", "x", &drop(name)).unwrap().claims.remove(0).measure();
        for (name, expected) in Measure::NAMES.iter().zip(Measure::ALL) {
            assert_eq!(measure(&format!("'{name}'")), expected);
        }
        check(&drop("'keept'"), "9:11 there is no measure of a drop `keept` / did you mean `kept`?");
        check(&drop("3"), "9:11 `measure` cannot be 3 / use text in quotes");
        check(
            &drop("'kept'").replace("knn.top1", "loss"),
            "9:11 a drop of `loss` has no measure `kept`, the share kept of what learning added to the untrained encoder / \
             with it, metric is `knn.top1`, `linear.top1` or another accuracy of `byolab metrics`",
        );
        check(
            &drop("'equal-height'").replace("knn.top1", "linear.top1"),
            "9:11 a drop of `linear.top1` has no measure `equal-height`, points lost where the baseline's curve over training \
             first reaches the end of the lower method's / with it, metric is `knn.top1`",
        );
        check(
            &claim("learns = { method = 'byol' }\nmeasure = 'kept'"),
            "7:1 `measure` says nothing to a claim with `learns` / leave it out",
        );
    }

    #[test]
    fn slopes_and_collapses_are_checked() {
        check(
            &claim("less_slope = ['byol']\nalong = 'train.batch'"),
            "6:14 `less_slope` compares two methods / use less_slope = [\"byol\", \"simclr\"]",
        );
        check(
            &claim("less_slope = ['byol', 'simclr']\nalong = 'method'"),
            "7:9 the axis `method` has no slope per doubling / use an axis of at least two numbers, all above 0; else \
             `less`, `along` and `to`",
        );
        check(
            &claim("less_slope = ['byol', 'simclr']\nalong = 'train.batch'\nto = 32"),
            "8:1 `to` says nothing to a claim with `less_slope` / leave it out",
        );
        check(
            &claim("collapses = { method = 'byol', 'train.batch' = 33 }"),
            "6:48 `33` is not on the axis `train.batch` / use `64` or `32`",
        );
        check(
            &claim("learns = { 'train.batch' = 32 }"),
            "3:1 this claim does not say where on `method` it holds / fix it with at = { KEY = VALUE }, or give it a baseline",
        );
        check(
            &claim("learns = { method = 'byol' }").replace("knn.top1", "loss"),
            "5:10 `loss` is not an accuracy that the untrained encoder has too / use `knn.top1`, `linear.top1` or another accuracy of `byolab metrics`",
        );
    }

    #[test]
    fn syntax_errors_are_problems_too() {
        let told = problems("question = 'x'\nseeds = [0,\nb = 1\n");
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("3:3 this is not TOML: "), "{told:?}");
    }

    #[test]
    fn problems_of_the_file_and_of_the_cells_come_together() {
        let told = problems("[recipe]\nencoder.widht = 3\ntrain.optimizer_batch = 100");
        assert_eq!(told.len(), 2, "{told:?}");
        let unread = problems("[recipe]\ntrain.bacth = 50\ntrain.optimizer_batch = 100");
        assert_eq!(unread.len(), 1, "whether 100 is a multiple depends on what bacth was: {unread:?}");
    }

    #[test]
    fn claims_are_read() {
        let text = claim("less = ['byol', 'simclr']\nalong = 'train.batch'\nto = 32\nmargin = 0.01");
        let found = Experiment::parse("x", "x", &text).unwrap().claims.remove(0);
        let methods = ["byol", "simclr"].map(|name| Value::Text(name.into()));
        let (along, to, measure) = ("train.batch".into(), Value::Int(32), Measure::Absolute);
        assert_eq!(found.test, Test::SmallerDrop { methods, along, to, measure });
        assert_eq!((found.metric.as_str(), found.margin), ("knn.top1", 0.01));

        let test = |rest: &str| Experiment::parse("x", "x", &claim(rest)).unwrap().claims.remove(0).test;
        let cell = Selector::from([("method".to_string(), Value::Text("byol".into()))]);
        assert_eq!(test("collapses = { method = 'byol' }"), Test::Collapses { cell: cell.clone() });
        assert_eq!(test("does_not_collapse = { method = 'byol' }"), Test::DoesNotCollapse { cell });
        let slope = test("less_slope = ['byol', 'simclr']\nalong = 'train.batch'");
        let methods = ["byol", "simclr"].map(|name| Value::Text(name.into()));
        assert_eq!(slope, Test::SmallerSlope { methods, along: "train.batch".into() });
    }

    #[test]
    fn dotted_and_quoted_keys_mean_the_same() {
        let baseline = |typed: &str| {
            let text = GRID.replacen("'train.batch' = 64", typed, 1);
            Experiment::parse("x", "x", &text).unwrap().baseline
        };
        assert_eq!(baseline("train.batch = 64"), baseline("'train.batch' = 64"));
    }

    #[test]
    fn a_set_without_a_second_view_is_symmetric() {
        let experiment = Experiment::parse("x", "x", "augment.a.first = [{ op = 'crop' }]").unwrap();
        let set = &experiment.base.sets["a"];
        assert_eq!((set.first.len(), &set.first), (1, &set.second));
    }
}
