//! Every number of every trial as TensorBoard event files, a run for each trial.
//!
//! A file is a sequence of records, each the length of its data, a masked CRC-32C of that length, the data, and a masked
//! CRC-32C of the data; the data is a protocol buffer (tensorflow/core/lib/io/record_writer.cc and
//! tensorflow/core/util/event.proto). Both are little enough to be written by hand.

use std::{fmt, path::Path};

use anyhow::Result;

use super::{
    File, Format, Render, Report,
    events::{EventNumbers, told},
    file_name::file_name,
    markdown::escaped,
};
use byolab_store::results::words;
use byolab_values::{plan::Trial, protocol::Record};

pub const FORMAT: Format = Format {
    name: "tensorboard",
    extension: "tfevents",
    line: "every number of every trial, with verdicts and doubts as text, for tensorboard --logdir",
    render: Render::Files(render),
};

/// Points of a curve that TensorBoard shows unless it is asked for more (its `--samples_per_plugin`; 0 shows none).
const SHOWN: usize = 1000;

/// The line that shows every point of event files below `folder`, where a curve has `most`; none where TensorBoard shows them
/// unasked.
fn in_full(folder: impl fmt::Display, most: usize) -> Option<String> {
    (most > SHOWN).then(|| {
        format!(
            "TensorBoard shows {SHOWN} of up to {most} points of a curve; all of them: tensorboard --logdir {folder} \
             --samples_per_plugin scalars={most}"
        )
    })
}

/// What to tell whoever wrote event files below `folder`, as `in_full` has it.
pub fn remark(report: &Report, folder: &Path) -> Option<String> {
    in_full(folder.display(), longest(report))
}

/// Points of the curve that has the most.
fn longest(report: &Report) -> usize {
    let runs = report.plan.trials.iter().filter_map(|trial| report.snapshot.runs.get(&trial.id));
    runs.flat_map(|run| run.series.values().map(Vec::len)).max().unwrap_or(0)
}

fn render(report: &Report) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut begun: Option<Record> = None;
    for trial in &report.plan.trials {
        let records = report.records(&trial.id)?;
        if let Some(first) = records.first() {
            let name = format!("-tensorboard/{}/events.out.tfevents.{}.byolab", run(trial), first.time.as_second());
            files.push(File { name, bytes: events(&records) });
            begun = begun.or(Some(first.clone()));
        }
    }
    if let Some(first) = begun {
        // TensorBoard reads it as Markdown.
        let told = in_full("DIR", longest(report)).into_iter().chain(report.provenance());
        let text: Vec<String> = told.map(|paragraph| escaped(&paragraph)).collect();
        let name = format!("-tensorboard/report/events.out.tfevents.{}.byolab", first.time.as_second());
        files.push(File { name, bytes: words_alone(&first, &text.join("\n\n")) });
    }
    Ok(files)
}

/// What TensorBoard calls the trial; its id keeps apart what words do not.
fn run(trial: &Trial) -> String {
    let words = format!("{}, seed {}", words(&trial.cell), trial.seed);
    format!("{}_{}", file_name(&words), file_name(&trial.id))
}

fn events(records: &[Record]) -> Vec<u8> {
    let mut file = Vec::new();
    frame(&mut file, &head(&records[0]).0);
    for EventNumbers { record, numbers, .. } in told(records).into_iter().filter(|told| !told.numbers.is_empty()) {
        let value =
            |(name, value): &(&str, f64)| Message::default().bytes(1, tag(name).as_bytes()).float(2, *value as f32);
        let summary = numbers.iter().map(value).fold(Message::default(), |summary, value| summary.bytes(1, &value.0));
        let event = Message::default().double(1, seconds(record)).whole(2, record.event.step).bytes(5, &summary.0);
        frame(&mut file, &event.0);
    }
    file
}

/// A text for TensorBoard's text page (tensorflow/core/framework/summary.proto and tensor.proto).
fn words_alone(first: &Record, text: &str) -> Vec<u8> {
    let mut file = Vec::new();
    frame(&mut file, &head(first).0);
    let plugin = Message::default().bytes(1, b"text");
    let metadata = Message::default().bytes(1, &plugin.0);
    let one = Message::default().whole(1, 1);
    let shape = Message::default().bytes(2, &one.0);
    let strings = Message::default().whole(1, 7).bytes(2, &shape.0).bytes(8, text.as_bytes());
    let value = Message::default().bytes(1, b"report/text_summary").bytes(8, &strings.0).bytes(9, &metadata.0);
    let summary = Message::default().bytes(1, &value.0);
    frame(&mut file, &Message::default().double(1, seconds(first)).whole(2, 0).bytes(5, &summary.0).0);
    file
}

fn head(first: &Record) -> Message {
    Message::default().double(1, seconds(first)).bytes(3, b"brain.Event:2")
}

fn seconds(record: &Record) -> f64 {
    record.time.as_millisecond() as f64 / 1000.0
}

/// Probes stand together: `knn.top1` is `knn/top1`; the numbers of training have a group of their own.
fn tag(metric: &str) -> String {
    if metric.contains('.') { metric.replace('.', "/") } else { format!("training/{metric}") }
}

/// A protocol buffer: fields, each its number and wire type, then its value.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn whole(mut self, field: u64, value: u64) -> Self {
        self.key(field, 0);
        self.varint(value);
        self
    }

    fn double(mut self, field: u64, value: f64) -> Self {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn float(mut self, field: u64, value: f32) -> Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }
}

fn frame(file: &mut Vec<u8>, data: &[u8]) {
    let length = (data.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked(&length).to_le_bytes());
    file.extend(data);
    file.extend(masked(data).to_le_bytes());
}

/// So that a checksum of bytes that hold checksums is no special one (tensorflow/core/lib/hash/crc32c.h).
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli 1993), bit by bit: files are small.
fn crc32c(bytes: &[u8]) -> u32 {
    let bit = |rest: u32, _| if rest & 1 == 1 { rest >> 1 ^ 0x82f6_3b78 } else { rest >> 1 };
    !bytes.iter().fold(!0, |rest, byte| (0..8).fold(rest ^ u32::from(*byte), bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the catalogue of CRC algorithms, and the zeros of RFC 3720, section B.4.
    #[test]
    fn checksums_are_castagnolis() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn more_points_than_tensorboard_shows_are_told_with_the_line_that_shows_all() {
        assert_eq!(in_full("out", SHOWN), None);
        let told = in_full("out", 3000).unwrap();
        assert!(told.ends_with("tensorboard --logdir out --samples_per_plugin scalars=3000"), "{told}");
    }

    #[test]
    fn whole_numbers_take_seven_bits_a_byte() {
        assert_eq!(Message::default().whole(1, 150).0, [0x08, 0x96, 0x01], "the example of protobuf's documentation");
    }
}
