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

use crate::cli::keep;
use byolab_faces::tui::{Entry, Reading, time_left};
use byolab_store::{
    results,
    store::{Snapshot, Store, Watch},
};
use byolab_values::plan::Plan;

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

/// What to follow from now on.
struct Question {
    subject: Subject,
    /// The how manieth question it is.
    number: usize,
}

/// What both ends know of the reading at work.
#[derive(Default)]
struct Progress {
    /// Questions asked so far: the reading for an earlier one is given up.
    asked: AtomicUsize,
    /// Runs that are still to be read.
    unread: Arc<AtomicUsize>,
}

/// The end of the reading thread that asks.
pub struct Reader {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
    /// What was asked last that no answer has come for yet.
    owed: Vec<Arc<Plan>>,
    progress: Arc<Progress>,
}

impl Reader {
    pub fn new(store: Store) -> Self {
        let (questions, asked) = channel();
        let (answer, answers) = channel();
        let progress = Arc::<Progress>::default();
        let follower = Follower { store, watches: HashMap::new(), progress: Arc::clone(&progress), answer };
        thread::spawn(move || follower.follow(&asked));
        Self { questions, answers, owed: Vec::new(), progress }
    }

    /// Asks about something else from now on, or about the same anew.
    pub fn ask(&mut self, subject: Subject) {
        self.owed = subject.plans();
        let number = self.progress.asked.fetch_add(1, Ordering::Relaxed) + 1;
        self.questions.send(Question { subject, number }).expect("the reading thread lives as long as this one");
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
    progress: Arc<Progress>,
    answer: Sender<Answer>,
}

impl Follower {
    /// Answers every question once, and again whenever the store has news; until nobody asks any more.
    fn follow(mut self, questions: &Receiver<Question>) {
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
    fn look(&mut self, question: &Question, is_new: bool) {
        for plan in question.subject.plans() {
            let news = self.poll(&plan.experiment.name, question.number);
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

    fn poll(&mut self, name: &str, number: usize) -> Result<bool> {
        let begin = || {
            let index = keep::index(self.store.root(), name);
            Watch::to_draw(self.store.experiment(name), index, Arc::clone(&self.progress.unread))
        };
        let mut watch = self.watches.remove(name).unwrap_or_else(begin);
        let news = watch.poll_while(&|| self.is_asked(number));
        self.watches.insert(name.to_string(), watch);
        news
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
        // Told of what is training alone.
        seconds_left: snapshot
            .runner
            .as_ref()
            .and_then(|_| time_left::of_unfinished(plan, &plan.trials, &snapshot.runs)),
        verdicts: results.claims.iter().map(|claim| claim.verdict).collect(),
        is_read: true,
        ..Entry::of(plan)
    }
}
