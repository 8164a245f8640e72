//! Reads the store and judges what it says, in a thread of its own: the thread that draws waits for no disk.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};

use crate::cli::keep;
use byolab_faces::tui::{ExperimentEntry, StoreReading, guard};
use byolab_store::{
    results::{self, Results, time_left},
    store::{Snapshot, State, Store, Watch},
};
use byolab_values::{plan::Plan, process};

/// Between two readings of the store.
const EVERY: Duration = Duration::from_millis(500);

/// How long the thread that draws waits for the first answers to a question, so that what is quickly read is shown at
/// once.
const PATIENCE: Duration = Duration::from_millis(80);

/// What is followed.
#[derive(Clone)]
pub enum Subject {
    /// How far each of these is.
    List(Vec<Arc<Plan>>),
    /// All about one.
    One(Arc<Plan>),
}

/// What there is to say about a plan.
pub struct Answer {
    pub plan: Arc<Plan>,
    pub said: Said,
}

#[expect(clippy::large_enum_variant, reason = "moved once, from one thread to the other")]
pub enum Said {
    Summary(ExperimentEntry),
    Reading(Result<StoreReading>),
}

/// What to follow from now on.
struct ReaderQuestion {
    subject: Subject,
    /// The how manieth question it is.
    number: usize,
}

/// What both ends know of the reading at work.
#[derive(Default)]
struct ReadingProgress {
    /// Questions asked so far: the reading for an earlier one is given up.
    asked: AtomicUsize,
    /// Runs that are still to be read.
    unread: Arc<AtomicUsize>,
}

/// The end of the reading thread that asks.
pub struct Reader {
    questions: Sender<ReaderQuestion>,
    answers: Receiver<Answer>,
    /// What was asked last that no answer has come for yet.
    owed: Vec<Arc<Plan>>,
    progress: Arc<ReadingProgress>,
}

impl Reader {
    /// # Errors
    /// Where the system gives no thread to read in.
    pub fn new(store: Store) -> Result<Self> {
        let (questions, asked) = channel();
        let (answer, answers) = channel();
        let progress = Arc::<ReadingProgress>::default();
        let follower =
            Follower { store, watches: HashMap::new(), progress: Arc::clone(&progress), answer, judge: results::judge };
        process::begin(move || follower.follow(&asked))?;
        Ok(Self { questions, answers, owed: Vec::new(), progress })
    }

    /// Asks about something else from now on, or about the same anew.
    pub fn ask(&mut self, subject: Subject) {
        self.owed = subject.plans();
        let number = self.progress.asked.fetch_add(1, Ordering::Relaxed) + 1;
        self.questions.send(ReaderQuestion { subject, number }).expect("the reading thread lives as long as this one");
    }

    /// The answers that have come.
    ///
    /// # Panics
    /// If the reading thread has: it has said why.
    pub fn hear(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        loop {
            match self.answers.try_recv() {
                Ok(answer) => answers.push(self.settle(answer)),
                Err(TryRecvError::Empty) => return answers,
                Err(TryRecvError::Disconnected) => panic!("the store is no longer read"),
            }
        }
    }

    /// The answers that come soon.
    pub fn hear_soon(&mut self) -> Vec<Answer> {
        let begin = Instant::now();
        let mut answers = self.hear();
        while !self.owed.is_empty() {
            let Ok(answer) = self.answers.recv_timeout(PATIENCE.saturating_sub(begin.elapsed())) else { break };
            answers.push(self.settle(answer));
        }
        answers
    }

    fn settle(&mut self, answer: Answer) -> Answer {
        self.owed.retain(|owed| !Arc::ptr_eq(owed, &answer.plan));
        answer
    }

    /// Runs that the reading at work has before it, while an answer is owed.
    pub fn unread(&self) -> Option<usize> {
        (!self.owed.is_empty()).then(|| self.progress.unread.load(Ordering::Relaxed))
    }
}

impl Subject {
    fn plans(&self) -> Vec<Arc<Plan>> {
        match self {
            Self::List(plans) => plans.clone(),
            Self::One(plan) => vec![Arc::clone(plan)],
        }
    }
}

/// The end that reads.
struct Follower {
    store: Store,
    /// By experiment: what was read so far.
    watches: HashMap<String, Watch>,
    progress: Arc<ReadingProgress>,
    answer: Sender<Answer>,
    /// What the snapshots say about a plan.
    judge: fn(&Plan, &Snapshot) -> Results,
}

impl Follower {
    /// Answers every question once, and again whenever the store has news; until nobody asks any more.
    fn follow(mut self, questions: &Receiver<ReaderQuestion>) {
        let Ok(mut question) = questions.recv() else { return };
        let mut is_new = true;
        loop {
            self.look(&question, is_new);
            match questions.recv_timeout(EVERY) {
                Ok(next) => (question, is_new) = (next, true),
                Err(RecvTimeoutError::Timeout) => is_new = false,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Looks at all plans of a question once, unless another one is asked meanwhile.
    fn look(&mut self, question: &ReaderQuestion, is_new: bool) {
        for plan in question.subject.plans() {
            let news = self.poll(&plan, question.number);
            if !self.is_asked(question.number) {
                return;
            }
            if is_new || !matches!(news, Ok(false)) {
                let said = self.say(&plan, news, matches!(question.subject, Subject::One(_)));
                // Nobody listens any more: the next question will not come either.
                let _ = self.answer.send(Answer { plan, said });
            }
        }
    }

    fn is_asked(&self, number: usize) -> bool {
        self.progress.asked.load(Ordering::Relaxed) == number
    }

    fn poll(&mut self, plan: &Plan, number: usize) -> Result<bool> {
        let name = plan.experiment.name.as_str();
        let begin = || {
            let index = keep::index(self.store.root(), name);
            Watch::to_draw(self.store.experiment(name), index, Arc::clone(&self.progress.unread))
        };
        let mut watch = self.watches.remove(name).unwrap_or_else(begin);
        watch.seek(plan);
        // One that breaks down is dropped, and begun anew the next time.
        let poll = || (watch.poll_while(&|| self.is_asked(number)), watch);
        let (news, watch) = guard::attempt(poll).map_err(|broken| anyhow!("cannot be read: {broken}"))?;
        self.watches.insert(name.to_string(), watch);
        news
    }

    fn say(&self, plan: &Plan, news: Result<bool>, wholly: bool) -> Said {
        let nothing = Snapshot::default();
        let snapshot = self.watches.get(&plan.experiment.name).map_or(&nothing, Watch::snapshot);
        if wholly {
            let reading = || StoreReading { results: (self.judge)(plan, snapshot), snapshot: snapshot.clone() };
            Said::Reading(news.and_then(|_| judged(reading)))
        } else {
            // What is known is shown beside what is wrong.
            let known = judged(|| summary(plan, snapshot, &(self.judge)(plan, snapshot)));
            let unreadable = snapshot.unreadable.values().next().map(|sentence| anyhow!("{sentence}"));
            let trouble = news.err().or(known.as_ref().err().map(|error| anyhow!("{error:#}"))).or(unreadable);
            let entry = known.unwrap_or_else(|_| ExperimentEntry { is_read: true, ..ExperimentEntry::of(plan) });
            Said::Summary(ExperimentEntry { trouble: trouble.map(|error| format!("{error:#}")), ..entry })
        }
    }
}

/// What `judge` says.
///
/// # Errors
/// It breaks down: one experiment's fault is no other's.
fn judged<T>(judge: impl FnOnce() -> T) -> Result<T> {
    guard::attempt(judge).map_err(|broken| anyhow!("what is on disk cannot be judged: {broken}"))
}

fn summary(plan: &Plan, snapshot: &Snapshot, results: &Results) -> ExperimentEntry {
    ExperimentEntry {
        finished: results.rows.iter().filter(|row| row.state == State::Finished).count(),
        failed: results.rows.iter().filter(|row| row.state == State::Failed).count(),
        more: snapshot.beside(plan).count(),
        runner: snapshot.runner.clone(),
        said: snapshot.said.clone(),
        // Told of what is training alone.
        seconds_left: snapshot
            .runner
            .as_ref()
            .and_then(|_| time_left::of_unfinished(plan, &plan.trials, &snapshot.runs)),
        verdicts: results.claims.iter().map(|claim| claim.verdict).collect(),
        is_read: true,
        ..ExperimentEntry::of(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::plan::{Experiment, Overrides};

    #[test]
    fn what_breaks_the_judge_is_a_sentence_about_one_experiment() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let experiment = Experiment::find("smoke").expect("it is built in");
        let plan = Arc::new(Plan::new(experiment, &Overrides::default()).expect("it is sound"));
        let (answer, answers) = channel();
        let progress = Arc::<ReadingProgress>::default();
        let judge = |_: &Plan, _: &Snapshot| -> Results { panic!("two rows are one") };
        let store = Store::new(folder.path());
        let mut follower = Follower { store, watches: HashMap::new(), progress, answer, judge };
        let mut said = |subject| {
            follower.look(&ReaderQuestion { subject, number: 0 }, true);
            answers.try_recv().expect("every question is answered").said
        };
        let text = "what is on disk cannot be judged: two rows are one (a fault of byolab's)";
        let Said::Summary(entry) = said(Subject::List(vec![Arc::clone(&plan)])) else { panic!("a list has entries") };
        assert_eq!((entry.name.as_str(), entry.trouble.as_deref()), ("smoke", Some(text)));
        let Said::Reading(reading) = said(Subject::One(plan)) else { panic!("one experiment has a reading") };
        assert_eq!(reading.map(drop).map_err(|error| error.to_string()), Err(text.into()));
    }
}
