//! Every event and number as one Parquet file, a row for each, with its trial beside it: pandas, polars and DuckDB read it
//! without a join.

use std::sync::Arc;

use anyhow::Result;
use parquet::{
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    file::{
        metadata::KeyValue,
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

use super::{File, Format, Render, Report, events::told};

pub const FORMAT: Format = Format {
    name: "parquet",
    extension: "parquet",
    line: "every event and number of every trial as one table, for pandas, polars and DuckDB",
    render: Render::Files(render),
};

/// Axes are JSON objects; times are instants, in UTC; accuracies lie between 0 and 1. An event without numbers has one row without a metric.
const SCHEMA: &str = "
    message events {
        REQUIRED BYTE_ARRAY trial (UTF8);
        REQUIRED BYTE_ARRAY method (UTF8);
        REQUIRED INT64 seed;
        REQUIRED BYTE_ARRAY axes (UTF8);
        REQUIRED INT64 time (TIMESTAMP(MICROS,true));
        REQUIRED INT64 step;
        REQUIRED BYTE_ARRAY kind (UTF8);
        OPTIONAL BYTE_ARRAY text (UTF8);
        OPTIONAL BYTE_ARRAY metric (UTF8);
        OPTIONAL DOUBLE value;
    }
";

/// The columns of the schema.
#[derive(Default)]
struct Columns {
    trial: Vec<ByteArray>,
    method: Vec<ByteArray>,
    seed: Vec<i64>,
    axes: Vec<ByteArray>,
    time: Vec<i64>,
    step: Vec<i64>,
    kind: Vec<ByteArray>,
    text: Optional<ByteArray>,
    metric: Optional<ByteArray>,
    value: Optional<f64>,
}

/// What is there, and by row whether it is.
struct Optional<T> {
    values: Vec<T>,
    is_there: Vec<i16>,
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self { values: Vec::new(), is_there: Vec::new() }
    }
}

impl<T> Optional<T> {
    fn push(&mut self, value: Option<T>) {
        self.is_there.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

fn render(report: &Report) -> Result<Vec<File>> {
    let columns = columns(report)?;
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_key_value_metadata(Some(metadata(report)?)).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let bytes = write::<ByteArrayType, _>;
    bytes(&mut group, &columns.trial, None)?;
    bytes(&mut group, &columns.method, None)?;
    write::<Int64Type, _>(&mut group, &columns.seed, None)?;
    bytes(&mut group, &columns.axes, None)?;
    write::<Int64Type, _>(&mut group, &columns.time, None)?;
    write::<Int64Type, _>(&mut group, &columns.step, None)?;
    bytes(&mut group, &columns.kind, None)?;
    bytes(&mut group, &columns.text.values, Some(&columns.text.is_there))?;
    bytes(&mut group, &columns.metric.values, Some(&columns.metric.is_there))?;
    write::<DoubleType, _>(&mut group, &columns.value.values, Some(&columns.value.is_there))?;
    group.close()?;
    Ok(vec![File { name: ".parquet".into(), bytes: writer.into_inner()? }])
}

/// What the table needs to stand alone; doubts are JSON.
fn metadata(report: &Report) -> Result<Vec<KeyValue>> {
    let experiment = &report.plan.experiment;
    let told = [
        ("question", Some(experiment.question.clone())),
        ("source", experiment.source.clone()),
        ("expect", experiment.expect.clone()),
        ("command", Some(report.command("run"))),
        ("doubts", Some(serde_json::to_string(&report.results.doubts)?)),
    ];
    Ok(told.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key.into(), value?))).collect())
}

fn columns(report: &Report) -> Result<Columns> {
    let mut columns = Columns::default();
    for (trial, row) in report.plan.trials.iter().zip(&report.results.rows) {
        let (method, axes) = (trial.recipe.method.name(), serde_json::to_string(&row.axes)?);
        for told in told(&report.records(&trial.id)?) {
            for at in 0..told.numbers.len().max(1) {
                let number = told.numbers.get(at);
                columns.trial.push(row.trial.as_str().into());
                columns.method.push(method.into());
                columns.seed.push(row.seed as i64);
                columns.axes.push(axes.as_str().into());
                columns.time.push(told.record.time.as_microsecond());
                columns.step.push(told.record.event.step as i64);
                columns.kind.push(told.kind.into());
                columns.text.push(told.text.map(Into::into));
                columns.metric.push(number.map(|(metric, _)| (*metric).into()));
                columns.value.push(number.map(|(_, value)| *value));
            }
        }
    }
    Ok(columns)
}

/// Writes the next column of the schema.
fn write<T: DataType, W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<W>,
    values: &[T::T],
    is_there: Option<&[i16]>,
) -> Result<()> {
    let mut column = group.next_column()?.expect("the schema has a column for each of these");
    column.typed::<T>().write_batch(values, is_there, None)?;
    Ok(column.close()?)
}
