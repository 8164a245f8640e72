//! Values, seeds and keys are edited in place, and parameters of augmentation sets tried; all are judged as in a file.

use byolab::{
    plan::{
        Overrides,
        streams::{Draws, Stream},
    },
    tui::UserMemory,
};

use super::*;

/// The workbench with the demo open, and what it asks its laboratory for.
fn demo() -> (App, Asked) {
    demo_at(Progress::Untouched)
}

fn demo_at(progress: Progress) -> (App, Asked) {
    let lab = Laboratory::at(progress);
    let asked = Asked::clone(&lab.asked);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    app.open("demo");
    (app, asked)
}

/// To the last key.
const TO_THE_END: &str = "G l l l l l l l l l l l l l l l l l l l l l l l l l l l l l l";

#[test]
fn what_is_edited_is_trained() {
    for (keys, expected) in [
        ("j l e back back 8 enter", r#"start 24 [] None axes ["train.batch=32,8"]"#),
        ("j l e , 8 enter", r#"start 36 [] None axes ["train.batch=32,16,8"]"#),
        ("j l e back back enter", r#"start 12 [] None axes ["train.batch=32"]"#),
        ("j e left back enter", r#"start 24 [] None axes ["train.batch=2,16"]"#),
        ("j space e back back 4 enter", r#"start 24 [] None axes ["train.batch=4,16"]"#),
        ("j l space h e back back 4 enter", r#"start 12 ["train.batch=4"] None axes ["train.batch=4,16"]"#),
        ("j j j e back 3 , 4 enter", "start 32 [] Some([3, 4, 1, 2])"),
        (&format!("{TO_THE_END} e back 2 enter"), r#"start 24 [] None set ["train.warmup_epochs=1.2"]"#),
    ] {
        let (mut app, asked) = demo();
        press(&mut app, keys);
        let title = lines(&buffer(&mut app, (80, 24))).remove(0);
        assert!(title.ends_with("edited  not training"), "{keys}: {title}");
        press(&mut app, "enter y");
        assert_eq!(*asked.borrow(), [expected], "{keys}");
    }
}

#[test]
fn seeds_are_trained_until_it_is_decided_where_that_is_typed() {
    let typed = |value: &str| {
        format!(
            "A {} enter",
            "until-decided=".chars().chain(value.chars()).map(String::from).collect::<Vec<_>>().join(" ")
        )
    };
    let (mut app, asked) = demo();
    press(&mut app, &typed("12"));
    press(&mut app, "enter y");
    let [started] = &asked.borrow()[..] else { panic!("one start") };
    assert!(started.starts_with("start 96 "), "{started}");
    for wrong in ["0", "few", "1001"] {
        let (mut app, _) = demo();
        press(&mut app, &typed(wrong));
        let picture = picture(&mut app, (80, 24));
        assert!(picture.contains(&format!("the most seeds cannot be \"{wrong}\"")), "{picture}");
    }
}

#[test]
fn what_is_finished_is_judged_again_by_other_probes() {
    let (mut app, asked) = demo_at(Progress::Finished);
    press(&mut app, "G e p r o b e s . k n n _ k = 5 enter J");
    assert!(picture(&mut app, (80, 24)).contains("Judge 24 trials again, by the probes set here?"));
    press(&mut app, "y");
    assert_eq!(*asked.borrow(), [r#"judge 24 [] None set ["probes.knn_k=5"]"#]);
    for (progress, said) in [
        (Progress::Untouched, "nothing that is switched on is finished yet"),
        (Progress::Halfway, "training: judging again waits until it has ended"),
    ] {
        let (mut app, asked) = demo_at(progress);
        press(&mut app, "J");
        assert!(picture(&mut app, (80, 24)).contains(said), "{said}");
        assert!(asked.borrow().is_empty());
    }
}

#[test]
fn a_key_is_added_and_taken_back() {
    let (mut app, asked) = demo();
    press(&mut app, "G e d a t a . s e e d = 7 enter");
    assert!(picture(&mut app, (200, 60)).contains("recipe   + key  seed 7"), "{}", picture(&mut app, (200, 60)));
    press(&mut app, "s m i n e enter enter y");
    assert_eq!(*asked.borrow(), [r#"save mine [] None set ["data.seed=7"]"#, "start 24 [] None",]);
}

#[test]
fn several_values_and_ranges_make_an_axis() {
    for (keys, trained, line) in [
        (
            "A t r a i n . e p o c h s = 3 , 4 enter",
            r#"start 48 [] None axes ["train.epochs=3,4"]"#,
            "epochs    [x] 3  [x] 4",
        ),
        (
            "A t r a i n . e p o c h s = 2 . . 8 space b y space 4 enter",
            r#"start 96 [] None axes ["train.epochs=2..8 by 4"]"#,
            "epochs    [x] 2  [x] 4  [x] 6  [x] 8",
        ),
        ("A s e e d s = 3 , 4 , 5 enter", "start 24 [] Some([3, 4, 5])", "seeds     [x] 3  [x] 4  [x] 5"),
        ("A t r a i n . b a t c h = 8 enter", r#"start 12 [] None axes ["train.batch=8"]"#, "batch     [x] 8"),
        (
            "A t r a i n . e p o c h s = 3 , 4 enter A t r a i n . e p o c h s = enter",
            "start 24 [] None",
            "batch     [x] 32  [x] 16",
        ),
    ] {
        let (mut app, asked) = demo();
        press(&mut app, keys);
        let shown = picture(&mut app, (80, 24));
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let has_line =
            |shown: &str| shown.lines().any(|it| it.split_whitespace().collect::<Vec<_>>().join(" ") == line);
        assert!(has_line(&shown), "{keys}: {shown}");
        press(&mut app, "enter y");
        assert_eq!(*asked.borrow(), [trained], "{keys}");
    }
    let (mut app, asked) = demo();
    press(&mut app, "A m e t h o d . t a r g e t _ d e c a y = 0 . 9 , 0 . 9 9 , 1 enter");
    insta::assert_snapshot!("axis-of-decays-80x24", picture(&mut app, (80, 24)));
    press(&mut app, "enter y");
    assert_eq!(
        *asked.borrow(),
        [r#"start 48 [] None axes ["method.target_decay=0.9,0.99,1"]"#],
        "simclr has no target"
    );
    let (mut app, _) = demo();
    press(&mut app, "A t r a i n . e p o c h s = 3 , 0 enter");
    insta::assert_snapshot!("axis-problem-80x24", picture(&mut app, (80, 24)));
}

#[test]
fn a_set_that_was_tried_becomes_a_value() {
    let (mut app, asked) = demo();
    press(&mut app, "v u");
    assert!(picture(&mut app, (80, 24)).ends_with("e tries another parameter first"));
    press(&mut app, "e f l i p . p = 1 enter u");
    let shown = picture(&mut app, (120, 40));
    assert!(shown.contains("[x] full  [x] no-color  [x] no-color-flip-p-1"), "{shown}");
    // Another edit of the same axis keeps it.
    press(&mut app, "v e back 0 enter u");
    let shown = picture(&mut app, (120, 40));
    assert!(shown.contains("[x] no-color-flip-p-1  [x] no-color-flip-p-0"), "{shown}");
    press(&mut app, "enter y");
    let told = asked.borrow().join("");
    assert!(told.starts_with("start 48 [] None axes") && told.contains("no-color-flip-p-1"), "{told}");
}

#[test]
fn an_edit_that_changes_nothing_is_none() {
    let (mut app, _) = demo();
    press(&mut app, "j l e enter");
    let shown = picture(&mut app, (80, 24));
    assert!(
        !shown.contains("edited") && shown.ends_with("as its file has it; what was trained stays on disk"),
        "{shown}"
    );
}

#[test]
fn edits_are_there_again_until_they_are_taken_back() {
    let (mut app, _) = demo();
    press(&mut app, "j l e back back 8 enter 1");
    app.open("demo");
    assert!(picture(&mut app, (80, 24)).contains("[x] 8"), "another experiment was looked at between");
    app.remember();

    let lab = Laboratory::at(Progress::Untouched);
    let mut memory = UserMemory { experiment: Some("batch-size".into()), ..UserMemory::default() };
    memory.edits.insert("demo".into(), Overrides { axes: vec!["train.batch=32,8".into()], ..Overrides::default() });
    *lab.memory.borrow_mut() = memory;
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    app.recall();
    app.open("demo");
    let shown = picture(&mut app, (80, 24));
    assert!(shown.contains("[x] 8") && shown.ends_with("edited as you left it; E takes that back"), "{shown}");
    press(&mut app, "E");
    let shown = picture(&mut app, (80, 24));
    assert!(shown.contains("[x] 16") && !shown.contains("edited"), "{shown}");
    app.open("demo");
    assert!(picture(&mut app, (80, 24)).contains("[x] 16"), "taken back for good");
}

#[test]
fn what_is_switched_off_stays_off_until_it_is_taken_back() {
    let lab = Laboratory::at(Progress::Untouched);
    let (asked, memory) = (Asked::clone(&lab.asked), std::rc::Rc::clone(&lab.memory));
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    app.open("demo");
    press(&mut app, "j space 1");
    app.open("batch-size");
    app.open("demo");
    let shown = picture(&mut app, (80, 24));
    assert!(shown.contains("[ ] 32") && shown.ends_with("switched off as you left it; E takes that back"), "{shown}");
    app.remember();

    // The next day.
    let lab = Laboratory { asked: Asked::clone(&asked), memory, ..Laboratory::at(Progress::Untouched) };
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    app.recall();
    app.open("demo");
    press(&mut app, "enter y");
    assert_eq!(*asked.borrow(), [r#"start 12 ["train.batch=16"] None"#]);
    press(&mut app, "E");
    let shown = picture(&mut app, (80, 24));
    assert!(!shown.contains("[ ]"), "{shown}");
    app.open("demo");
    let shown = picture(&mut app, (80, 24));
    assert!(!shown.contains("[ ]") && !shown.contains("as you left it"), "taken back for good: {shown}");
}

#[test]
fn what_is_wrong_with_an_edit_is_told_above_the_line_which_stays() {
    for size in SMALL {
        let (mut app, _) = demo();
        press(&mut app, "j l e back back 1 enter");
        insta::assert_snapshot!(format!("edit-problem-{}x{}", size.0, size.1), picture(&mut app, size));
        press(&mut app, "back 8 enter");
        assert!(picture(&mut app, size).contains("edited; enter trains it"));
    }
    let (mut app, asked) = demo();
    press(&mut app, "j j j e back x enter");
    assert!(picture(&mut app, (80, 24)).contains("a seed cannot be \"x\""));
    press(&mut app, "esc enter y");
    assert_eq!(*asked.borrow(), ["start 24 [] None"], "what was wrong is gone");
}

#[test]
fn a_parameter_of_the_set_at_the_right_is_tried() {
    let (mut app, _) = demo();
    press(&mut app, "v e f l i p . p = 1 enter");
    insta::assert_snapshot!("views-changed-80x24", picture(&mut app, (80, 24)));
    press(&mut app, "e back 0");
    assert!(picture(&mut app, (80, 24)).contains("no-color flip.p=0"), "shown while it is typed");
    press(&mut app, "esc");
    assert!(picture(&mut app, (80, 24)).contains("no-color flip.p=1"), "dropped");
    press(&mut app, "e back 3 enter");
    assert!(picture(&mut app, (80, 24)).contains("`p` of `flip` cannot be 3"), "{}", picture(&mut app, (80, 24)));
    press(&mut app, "back 0 enter y");
    let Wish::Copy(text) = app.wish() else { panic!("nothing was copied") };
    assert!(
        text.starts_with("[augment.my-no-color]\nfirst = [\n") && text.contains("{ op = \"flip\", p = 0"),
        "{text}"
    );
    press(&mut app, "e back back back back back back back back enter");
    assert!(picture(&mut app, (80, 24)).contains("no-color  crop 2x20"));
}

#[test]
fn a_parameter_that_a_plan_refuses_is_refused_as_it_is_typed() {
    for size in SMALL {
        let (mut app, _) = demo();
        app.open("byol-small-batch");
        press(&mut app, "v e b l u r . k e r n e l = 6 5 enter");
        insta::assert_snapshot!(format!("views-refused-{}x{}", size.0, size.1), picture(&mut app, size));
        press(&mut app, "back back 7 enter");
        assert!(picture(&mut app, size).contains("byol blur.ker"), "{}", picture(&mut app, size));
    }
}

#[test]
fn nothing_that_is_typed_breaks_the_workbench() {
    const KEYS: &str = "abcxyzflipjtrcop.=,;{}[]()\"'#-+_0123456789eE:/!?~ é✗";
    let keys: Vec<char> = KEYS.chars().collect();
    for (seed, opens) in ["v e", "e", "j e", "G e", "j j j e", ":", "s", "a"].into_iter().cycle().take(96).enumerate() {
        let (mut app, _) = demo();
        press(&mut app, opens);
        let mut draws = Draws::new(seed as u64, Stream::Order, 0, 0, 0);
        for _ in 0..24 {
            let code = match draws.below(8) {
                0 => {
                    [KeyCode::Enter, KeyCode::Backspace, KeyCode::Left, KeyCode::Home, KeyCode::Delete][draws.below(5)]
                }
                _ => KeyCode::Char(keys[draws.below(keys.len())]),
            };
            app.press(KeyEvent::new(code, KeyModifiers::NONE));
            assert!(!picture(&mut app, (80, 24)).contains("cannot be shown"), "{opens}, seed {seed}");
        }
    }
}
