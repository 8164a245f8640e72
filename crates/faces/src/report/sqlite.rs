//! Everything as one SQLite database: trials, every event and number with its time, groups, claims, doubts. DuckDB, pandas
//! and R read it as it is.

use anyhow::Result;
use rusqlite::{Connection, MAIN_DB, Statement, Transaction, params};

use super::{
    File, Format, Render, Report,
    events::{self, told},
};

pub const FORMAT: Format = Format {
    name: "sqlite",
    extension: "sqlite",
    line: "every event and number of every trial, with groups, differences, claims and doubts, for DuckDB, pandas and R",
    render: Render::Files(render),
};

/// Axes are JSON objects; `numbers` has one a metric and step, `results` the newest of each trial; times are UTC in ISO 8601; accuracies lie between 0 and 1.
const SCHEMA: &str = "
    CREATE TABLE experiment (name TEXT, question TEXT, source TEXT, expect TEXT, command TEXT);
    CREATE TABLE trials (trial TEXT PRIMARY KEY, state TEXT, seed INTEGER, method TEXT, axes TEXT, device TEXT, \
                         \"commit\" TEXT, collapsed INTEGER, recipe TEXT);
    CREATE TABLE events (trial TEXT, time TEXT, step INTEGER, kind TEXT, text TEXT);
    CREATE TABLE numbers (trial TEXT, time TEXT, step INTEGER, kind TEXT, metric TEXT, value REAL);
    CREATE TABLE results (trial TEXT, metric TEXT, value REAL);
    CREATE TABLE groups (axes TEXT, metric TEXT, n INTEGER, mean REAL, std REAL, low REAL, high REAL);
    CREATE TABLE differences (axes TEXT, metric TEXT, first TEXT, second TEXT, n INTEGER, mean REAL, low REAL, high REAL);
    CREATE TABLE published (title TEXT, source TEXT, axes TEXT, method TEXT, metric TEXT, published REAL, change REAL, \
                            ours REAL, our_change REAL, n INTEGER);
    CREATE TABLE claims (text TEXT, verdict TEXT, estimate REAL, low REAL, high REAL, n INTEGER, p REAL, p_holm REAL, \
                         missing TEXT);
    CREATE TABLE protocols (claim TEXT, \"table\" TEXT, published REAL, what TEXT, there TEXT, here TEXT, differs INTEGER);
    CREATE TABLE measures (claim TEXT, measure TEXT, estimate REAL, low REAL, high REAL, n INTEGER, missing TEXT);
    CREATE TABLE doubts (about TEXT, text TEXT, remedy TEXT);
";

fn render(report: &Report) -> Result<Vec<File>> {
    let mut database = Connection::open_in_memory()?;
    database.execute_batch(SCHEMA)?;
    let transaction = database.transaction()?;
    experiment(report, &transaction)?;
    trials(report, &transaction)?;
    findings(report, &transaction)?;
    published(report, &transaction)?;
    transaction.commit()?;
    Ok(vec![File { name: ".sqlite".into(), bytes: database.serialize(MAIN_DB)?.to_vec() }])
}

fn experiment(report: &Report, database: &Transaction) -> Result<()> {
    let experiment = &report.plan.experiment;
    let (source, expect) = (&experiment.source, &experiment.expect);
    let row = params![experiment.name, experiment.question, source, expect, report.command("run")];
    database.execute("INSERT INTO experiment VALUES (?, ?, ?, ?, ?)", row)?;
    Ok(())
}

fn trials(report: &Report, database: &Transaction) -> Result<()> {
    let mut insert = database.prepare("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let mut inserts = Inserts {
        events: database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)")?,
        numbers: database.prepare("INSERT INTO numbers VALUES (?, ?, ?, ?, ?, ?)")?,
        results: database.prepare("INSERT INTO results VALUES (?, ?, ?)")?,
    };
    for (trial, row) in report.plan.trials.iter().zip(&report.results.rows) {
        let (method, axes) = (trial.recipe.method.name(), serde_json::to_string(&row.axes)?);
        let (seed, recipe) = (row.seed as i64, trial.recipe.canonical());
        let (state, device, commit) = (row.state.name(), &row.device, &row.commit);
        insert.execute(params![row.trial, state, seed, method, axes, device, commit, row.collapsed, recipe])?;
        for event in told(&report.records(&trial.id)?) {
            inserts.event(&trial.id, &event)?;
        }
        for (metric, value) in &row.metrics {
            inserts.results.execute(params![trial.id, metric, value])?;
        }
    }
    Ok(())
}

/// What a trial is written with.
struct Inserts<'a> {
    events: Statement<'a>,
    numbers: Statement<'a>,
    results: Statement<'a>,
}

impl Inserts<'_> {
    fn event(&mut self, trial: &str, event: &events::EventNumbers) -> Result<()> {
        let (time, step) = (event.record.time.to_string(), event.record.event.step as i64);
        self.events.execute(params![trial, time, step, event.kind, event.text])?;
        for (metric, value) in &event.numbers {
            self.numbers.execute(params![trial, time, step, event.kind, metric, value])?;
        }
        Ok(())
    }
}

fn findings(report: &Report, database: &Transaction) -> Result<()> {
    let results = report.results;
    let mut insert = database.prepare("INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for g in &results.groups {
        let axes = serde_json::to_string(&g.axes)?;
        insert.execute(params![axes, g.metric, g.n as i64, g.mean, g.std, g.low, g.high])?;
    }
    let mut insert = database.prepare("INSERT INTO differences VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?;
    for d in &results.differences {
        let (axes, [first, second]) = (serde_json::to_string(&d.axes)?, &d.between);
        insert.execute(params![axes, d.metric, first, second, d.n as i64, d.mean, d.low, d.high])?;
    }
    let mut insert = database.prepare("INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for c in &results.claims {
        let verdict = serde_json::to_value(c.verdict)?;
        let (verdict, n) = (verdict.as_str(), c.n as i64);
        insert.execute(params![c.text, verdict, c.estimate, c.low, c.high, n, c.p, c.p_holm, c.missing])?;
    }
    let mut insert = database.prepare("INSERT INTO protocols VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for (r, part) in results.reproductions.iter().flat_map(|found| found.protocol.iter().map(move |part| (found, part)))
    {
        insert.execute(params![r.claim, r.table, r.published, part.what, part.there, part.here, part.differs])?;
    }
    let mut insert = database.prepare("INSERT INTO measures VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for (c, m) in results.claims.iter().flat_map(|claim| claim.measures.iter().map(move |found| (claim, found))) {
        let (name, n) = (m.measure.name(), m.n as i64);
        insert.execute(params![c.text, name, m.estimate, m.low, m.high, n, m.missing])?;
    }
    let mut insert = database.prepare("INSERT INTO doubts VALUES (?, ?, ?)")?;
    for d in &results.doubts {
        insert.execute(params![d.about, d.text, d.remedy])?;
    }
    Ok(())
}

fn published(report: &Report, database: &Transaction) -> Result<()> {
    let mut insert = database.prepare("INSERT INTO published VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let Some(table) = &report.results.published else { return Ok(()) };
    for e in &table.entries {
        let (axes, n) = (serde_json::to_string(&e.at)?, e.n as i64);
        let (title, source, metric) = (&table.title, &table.source, &table.metric);
        let row = params![title, source, axes, e.method, metric, e.published, e.change, e.ours, e.our_change, n];
        insert.execute(row)?;
    }
    Ok(())
}
