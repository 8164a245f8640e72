//! The words of the screens: what each is, and what is healthy.

/// A word with its meaning.
pub struct Term {
    pub word: &'static str,
    /// What else the field calls it.
    pub also: &'static [&'static str],
    pub meaning: &'static str,
    /// What a number should look like; empty for what is none.
    pub healthy: &'static str,
}

/// Every word that the screens do not explain where it stands.
pub const GLOSSARY: [Term; 17] = [
    term(
        "std",
        &["feature_std", "collapse"],
        "spread of the features, each of length 1, per channel",
        "near 1/√d of d channels; near 0 is a collapse",
    ),
    term(
        "rank",
        &["effective rank", "rankme", "dimensional collapse"],
        "how many directions the features use",
        "tens and more; near 1 is a collapse",
    ),
    term(
        "align",
        &["alignment", "wang isola"],
        "squared distance between the two views of an image",
        "falls, but not to 0: that is a collapse",
    ),
    term(
        "unif",
        &["uniformity", "wang isola"],
        "how evenly features cover the sphere",
        "about -2 to -4; near 0 is a collapse",
    ),
    term(
        "cos",
        &["target_cosine", "cosine to target"],
        "cosine of the student's and the target's projections",
        "rises towards 1",
    ),
    term(
        "|g|",
        &["gradient_norm", "gradient norm"],
        "length of the whole gradient",
        "steady; a jump is a warning, 0 no learning",
    ),
    term(
        "k-NN",
        &["knn", "nearest neighbours", "probe"],
        "accuracy of neighbours' votes, at every evaluation",
        "rises above untrained",
    ),
    term(
        "linear",
        &["linear probe", "linear evaluation"],
        "accuracy of a linear classifier on frozen features",
        "above untrained, mostly above k-NN",
    ),
    term("untrained", &["random init", "baseline"], "the same probe before any training", "what a method has to beat"),
    term(
        "tau",
        &["ema", "momentum", "target decay", "target network"],
        "share of the target that stays at a step",
        "0.9 to 0.999, rising to 1",
    ),
    term(
        "lr",
        &["learning rate", "schedule", "warm-up"],
        "learning rate, scaled by the optimizer batch / 256",
        "rises in the warm-up, falls after",
    ),
    term("heat", &["paired", "lock-step"], "trials that differ in the method alone: same images, same views", ""),
    term("trial", &["run", "seed", "seeds"], "one recipe with one seed; a cell has one for each seed", ""),
    term(
        "claim",
        &["verdict", "hypothesis"],
        "a sentence of the file that paired seeds support or not",
        "an interval on one side of 0 decides it",
    ),
    term(
        "measure",
        &["kept", "log-odds", "relative", "equal height", "robustness"],
        "of a drop: points, share, share of what learning added, log-odds, at equal height",
        "all agree; else height explains part of it",
    ),
    term("doubt", &["warning", "caveat"], "a reason not to believe a number yet, with its remedy", ""),
    term(
        "±",
        &["sd", "standard deviation", "interval"],
        "standard deviation over seeds; [..] a 95 % interval of their mean",
        "",
    ),
];

const fn term(word: &'static str, also: &'static [&'static str], meaning: &'static str, healthy: &'static str) -> Term {
    Term { word, also, meaning, healthy }
}
