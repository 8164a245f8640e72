//! Reads the store and judges what it says, in a thread of its own: the thread that draws waits for no disk.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    cli::keep,
    plan::Plan,
    results,
    store::{Snapshot, Store, Watch},
    tui::{Entry, Reading},
};

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

pub enum Said {
    Summary(Entry),
    Reading(Result<Reading>),
}

/// The end of the reading thread that asks.
pub struct Reader {
    questions: Sender<Subject>,
    answers: Receiver<Answer>,
    /// What was asked last that no answer has come for yet.
    owed: Vec<Arc<Plan>>,
    unread: Arc<AtomicUsize>,
}

impl Reader {
    pub fn new(store: Store) -> Self {
        let (questions, asked) = channel();
        let (answer, answers) = channel();
        let unread = Arc::<AtomicUsize>::default();
        let follower = Follower { store, watches: HashMap::new(), unread: Arc::clone(&unread), answer };
        thread::spawn(move || follower.follow(&asked));
        Self { questions, answers, owed: Vec::new(), unread }
    }

    /// Asks about something else from now on, or about the same anew.
    pub fn ask(&mut self, subject: Subject) {
        self.owed = subject.plans();
        self.questions.send(subject).expect("the reading thread lives as long as this one");
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
        (!self.owed.is_empty()).then(|| self.unread.load(Ordering::Relaxed))
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
    unread: Arc<AtomicUsize>,
    answer: Sender<Answer>,
}

impl Follower {
    /// Answers every question once, and again whenever the store has news; until nobody asks any more.
    fn follow(mut self, questions: &Receiver<Subject>) {
        let Ok(mut subject) = questions.recv() else { return };
        let mut is_new = true;
        loop {
            let asked = self.look(&subject, is_new, questions);
            is_new = false;
            let next = asked.map_or_else(|| questions.recv_timeout(EVERY), Ok);
            match next {
                Ok(next) => (subject, is_new) = (next, true),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Looks at all plans of the subject once, unless another question comes meanwhile: then that.
    fn look(&mut self, subject: &Subject, is_new: bool, questions: &Receiver<Subject>) -> Option<Subject> {
        for plan in subject.plans() {
            let news = self.poll(&plan.experiment.name);
            if is_new || !matches!(news, Ok(false)) {
                let said = self.say(&plan, news, matches!(subject, Subject::One(_)));
                // Nobody listens any more: the next question will not come either.
                let _ = self.answer.send(Answer { plan, said });
            }
            if let Ok(next) = questions.try_recv() {
                return Some(next);
            }
        }
        None
    }

    fn poll(&mut self, name: &str) -> Result<bool> {
        let begin = || {
            let index = keep::index(self.store.root(), name);
            Watch::to_draw(self.store.experiment(name), index, Arc::clone(&self.unread))
        };
        self.watches.entry(name.to_string()).or_insert_with(begin).poll()
    }

    fn say(&self, plan: &Plan, news: Result<bool>, wholly: bool) -> Said {
        let snapshot = self.watches[&plan.experiment.name].snapshot();
        if wholly {
            let judged = || Reading { results: results::judge(plan, snapshot), snapshot: snapshot.clone() };
            Said::Reading(news.map(|_| judged()))
        } else {
            // A store that cannot be read is told when the experiment is opened; the list shows what is known.
            Said::Summary(summary(plan, snapshot))
        }
    }
}

fn summary(plan: &Plan, snapshot: &Snapshot) -> Entry {
    let results = results::judge(plan, snapshot);
    Entry {
        finished: results.rows.iter().filter(|row| row.state == "finished").count(),
        failed: results.rows.iter().filter(|row| row.state == "failed").count(),
        runner: snapshot.runner.clone(),
        verdicts: results.claims.iter().map(|claim| claim.verdict).collect(),
        is_read: true,
        ..Entry::of(plan)
    }
}
