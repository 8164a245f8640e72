//! An encoder that others have trained, beside those that are trained here.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use std::{fmt, path::Path, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given};
use crate::{
    plan::{
        catalog::{
            Constant::{Int, Text},
            KeySpec,
            Kind::{self, OneOf, Within},
            spec::{key, option},
        },
        problem::Broken,
        shape::NamedHead,
    },
    weights::{self, Found, Hints, Known, shape::Pool},
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "encoder",
    doc: "learns nothing: what an encoder in a file is worth, on the same images",
    source: "torchvision, timm, lightly, solo-learn, MoCo",
    keys: KEYS,
};

const POOLS: &[CatalogEntry] = &[
    option("usual", "the class token, where there is one and no fc_norm", "timm"),
    option("token", "the class token", ""),
    option("mean", "the mean over the patches", ""),
];

const KEYS: &[KeySpec] = &[
    key("path", Kind::Text, Text(""), "the file, safetensors or what torch.save writes", ""),
    key("prefix", Kind::Text, Text(""), "what its tensors' names begin with, where it has several encoders", ""),
    key("heads", Within(0, 1024), Int(0), "attention heads of a vision transformer; 0: one for each 64 numbers", "timm"),
    key("pool", OneOf(POOLS), Text("usual"), "what a vision transformer's features are", ""),
    key("stem_padding", Within(0, 2), Int(0), "by which a 3x3 stem pads; 0: as the file's names have it", "solo-learn: 2"),
    key("sha256", Kind::Text, Text(""), "of the file; empty: as it is found", ""),
];

/// What of its tokens are a vision transformer's features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolChoice {
    #[default]
    Usual,
    Token,
    Mean,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EncoderFileRecipe {
    pub path: String,
    pub prefix: String,
    pub heads: usize,
    pub pool: PoolChoice,
    pub stem_padding: usize,
    pub sha256: String,
    /// What is in the file, once a plan has looked.
    #[serde(skip)]
    pub loaded: Loaded,
}

/// An encoder in memory. Two recipes are equal by what they say.
#[derive(Clone, Default)]
pub struct Loaded(pub Option<Arc<Known>>);

impl PartialEq for Loaded {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "loaded" } else { "not loaded" })
    }
}

impl EncoderFileRecipe {
    /// The recipe of an encoder that is in memory already.
    pub fn of(known: Arc<Known>) -> Self {
        Self { sha256: known.sha256.clone(), loaded: Loaded(Some(known)), ..Self::default() }
    }

    /// What is in memory.
    pub fn encoder(&self) -> Option<&Found> {
        self.loaded.0.as_deref().map(|known| &known.found)
    }

    /// Reads the file, and writes down what it holds; where it cannot be read the rules have said so.
    pub fn load(&mut self) {
        if let Ok(known) = self.known() {
            *self = Self { sha256: known.sha256.clone(), loaded: Loaded(Some(known)), ..self.clone() };
        }
    }

    fn known(&self) -> Result<Arc<Known>, Vec<String>> {
        let pool = match self.pool {
            PoolChoice::Usual => None,
            PoolChoice::Token => Some(Pool::Token),
            PoolChoice::Mean => Some(Pool::Mean),
        };
        let counted = |number: usize| Some(number).filter(|number| *number > 0);
        let prefix = Some(self.prefix.clone()).filter(|prefix| !prefix.is_empty());
        let hints = Hints { prefix, heads: counted(self.heads), pool, stem_padding: counted(self.stem_padding) };
        weights::known(Path::new(&self.path), &hints)
    }
}

impl Declaration for EncoderFileRecipe {
    fn heads(&self, _: &Given) -> Vec<NamedHead> {
        Vec::new()
    }

    fn learns(&self) -> bool {
        false
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        if self.path.is_empty() {
            let text = "an encoder that was trained elsewhere is in a file".to_owned();
            return Some(Broken(&["method.path", "method.name"], text, Some("write method.path".into())));
        }
        let known = match self.known() {
            Ok(known) => known,
            Err(wrong) => {
                let text = format!("{}: {}", self.path, wrong.join("; "));
                return Some(Broken(&["method.path", "method.name"], text, None));
            }
        };
        if !self.sha256.is_empty() && self.sha256 != known.sha256 {
            let text = format!("{} is another file by now", self.path);
            let remedy = format!("write method.sha256 = \"{}\", or leave it out", known.sha256);
            return Some(Broken(&["method.sha256", "method.path", "method.name"], text, Some(remedy)));
        }
        let side = known.found.shape.side().filter(|side| *side != given.side)?;
        let text = format!("{} takes images of {side} pixels a side, not of {}", self.path, given.side);
        Some(Broken(&["data.side", "method.path", "method.name"], text, Some(format!("write data.side = {side}"))))
    }
}
