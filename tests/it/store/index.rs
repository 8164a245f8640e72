//! Readings kept for the next time are never believed against the events.

use std::{fs::File, sync::Arc};

use super::*;

/// Parsed too slowly not to be kept.
const LONG: u64 = 3000;

/// What befalls events or index, in words and in deed.
type Case<'a> = (&'a str, &'a dyn Fn(&Desk));

impl Desk {
    fn with_a_long_run() -> Self {
        let mut desk = Self::new();
        desk.record(1, [started(0)]);
        desk.record(2, (1..=LONG).map(|step| trained(step, 1.0 / step as f64)));
        desk
    }

    fn index(&self) -> PathBuf {
        self.root.path().join("index")
    }

    fn kept(&self) -> PathBuf {
        self.index().join(&self.id)
    }

    /// What a watch that draws reads, by the index or without it.
    fn drawn(&self, index: Option<PathBuf>) -> String {
        let mut watch = Watch::to_draw(self.folder(), index, Arc::default());
        watch.poll().unwrap();
        told(watch.snapshot())
    }

    /// Changes the first loss without changing the length of the events.
    fn tamper(&self) {
        let text = fs::read_to_string(&self.events).unwrap();
        fs::write(&self.events, text.replacen("\"loss\":1.0", "\"loss\":7.0", 1)).unwrap();
    }
}

#[test]
fn a_kept_reading_is_as_a_whole_one_and_goes_on_from_there() {
    let mut desk = Desk::with_a_long_run();
    let whole = desk.drawn(Some(desk.index()));
    assert!(desk.kept().exists());
    assert_eq!(desk.drawn(Some(desk.index())), whole);
    desk.record(4000, [trained(LONG + 1, 0.5), failed(LONG + 1)]);
    assert_eq!(desk.drawn(Some(desk.index())), desk.drawn(None));
    assert_ne!(desk.drawn(None), whole);
}

#[test]
fn events_that_were_read_are_not_parsed_again() {
    let desk = Desk::with_a_long_run();
    let whole = desk.drawn(Some(desk.index()));
    let written = fs::metadata(&desk.events).unwrap().modified().unwrap();
    desk.tamper();
    File::options().append(true).open(&desk.events).unwrap().set_modified(written).unwrap();
    assert_eq!(desk.drawn(Some(desk.index())), whole, "nothing tells that they have changed");
}

#[test]
fn a_reading_that_does_not_fit_the_events_is_passed_over() {
    let cut = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 100]).unwrap();
    };
    let cases: [Case; 5] = [
        ("nonsense in the index", &|desk| fs::write(desk.kept(), "nonsense\n").unwrap()),
        ("an index that is cut", &|desk| cut(&desk.kept())),
        ("events that are cut", &|desk| cut(&desk.events)),
        ("events that were changed", &Desk::tamper),
        ("other events of the same name", &|desk| {
            fs::remove_file(&desk.events).unwrap();
            fs::write(&desk.events, "").unwrap();
            desk.append(&serde_json::to_vec(&Record { time: second(1), event: started(0) }).unwrap());
            desk.append(b"\n");
        }),
    ];
    for (name, befall) in cases {
        let desk = Desk::with_a_long_run();
        desk.drawn(Some(desk.index()));
        befall(&desk);
        assert_eq!(desk.drawn(Some(desk.index())), desk.drawn(None), "{name}");
    }
}

#[test]
fn short_runs_and_runs_that_are_gone_are_not_kept() {
    let mut desk = Desk::new();
    desk.record(1, life());
    desk.drawn(Some(desk.index()));
    assert!(!desk.kept().exists());
    let desk = Desk::with_a_long_run();
    desk.drawn(Some(desk.index()));
    fs::remove_dir_all(desk.events.parent().unwrap()).unwrap();
    desk.drawn(Some(desk.index()));
    assert!(!desk.kept().exists());
}
