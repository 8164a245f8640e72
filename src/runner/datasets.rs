//! The images that a run has loaded: each once while it is wanted and there is room.

use anyhow::Result;

use byolab_values::{
    data::Dataset,
    plan::{Recipe, recipe::DataRecipe},
};

/// Bytes that all of them may hold beside the newest: an axis of data sets goes round with every seed, and what is loaded again
/// costs seconds.
const ROOM: usize = 1 << 30;

/// What was asked for, and what was loaded: the newest last.
#[derive(Default)]
pub struct Datasets(Vec<(Wanted, Dataset)>);

/// The images of a recipe, whether their test split too, and the other data set that features are judged on.
#[derive(PartialEq)]
struct Wanted {
    data: DataRecipe,
    test: bool,
    transfer: String,
}

impl Wanted {
    fn by(recipe: &Recipe) -> Self {
        Self { data: recipe.own_data(), test: recipe.probes.test, transfer: recipe.probes.transfer.clone() }
    }
}

impl Datasets {
    /// Lets go of those that none of the recipes `ahead` wants.
    pub fn keep_for<'a>(&mut self, ahead: impl Iterator<Item = &'a Recipe> + Clone) {
        self.0.retain(|(known, _)| ahead.clone().any(|wanted| *known == Wanted::by(wanted)));
    }

    /// The images of a recipe; the longest unused are let go of where there is no room.
    ///
    /// # Errors
    /// As `load`.
    pub fn get(&mut self, recipe: &Recipe, load: &mut dyn FnMut(&Recipe) -> Result<Dataset>) -> Result<&Dataset> {
        let wanted = Wanted::by(recipe);
        let found = self.0.iter().position(|(known, _)| *known == wanted);
        let newest = match found {
            Some(place) => self.0.remove(place),
            None => (wanted, load(recipe)?),
        };
        while self.0.iter().map(|(_, data)| data.held()).sum::<usize>() > ROOM {
            self.0.remove(0);
        }
        self.0.push(newest);
        Ok(&self.0.last().expect("one was put there").1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::data::Images;

    /// What is loaded where recipes of these data seeds come one after the other, each with so many bytes.
    fn loaded(seeds: &[u64], bytes: usize) -> Vec<u64> {
        let recipe = |seed: &u64| {
            let mut recipe = Recipe::default();
            recipe.data.seed = *seed;
            recipe
        };
        let (recipes, mut datasets, mut loaded) =
            (seeds.iter().map(recipe).collect::<Vec<_>>(), Datasets::default(), vec![]);
        for (place, wanted) in recipes.iter().enumerate() {
            let mut load = |recipe: &Recipe| {
                loaded.push(recipe.data.seed);
                let train = Images { side: 1, pixels: vec![0; bytes].into(), labels: Vec::new() };
                Ok(Dataset { train, ..Dataset::default() })
            };
            datasets.keep_for(recipes[place..].iter());
            datasets.get(wanted, &mut load).unwrap();
            let ahead = |known: &DataRecipe| recipes[place..].iter().any(|recipe| recipe.data == *known);
            assert!(datasets.0.iter().all(|(known, _)| ahead(&known.data)), "what nobody wants any more is kept");
            assert!(datasets.0.len() < 2 || datasets.0.len() * bytes <= ROOM + bytes);
        }
        loaded
    }

    #[test]
    fn images_are_loaded_once_while_they_are_wanted_and_there_is_room() {
        assert_eq!(loaded(&[0, 0, 1, 1, 0, 2], 10), [0, 1, 2]);
        assert_eq!(loaded(&[0, 1, 2, 0, 1, 2], 10), [0, 1, 2]);
        // Of these, one has room beside the newest.
        assert_eq!(loaded(&[0, 1, 2, 0, 1, 2], ROOM / 2 + 1), [0, 1, 2, 0, 1]);
    }
}
