//! Every command and flag. A flag's environment variable is its name in capitals after `BYOLAB_`.

#![allow(rustdoc::broken_intra_doc_links, reason = "brackets of help texts are for people")]
#![expect(missing_docs, reason = "words here are help texts: what has none is told by its name")]

use std::{collections::BTreeSet, ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, builder::FalseyValueParser};
use clap_complete::Shell;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use super::about;
#[cfg(feature = "engine")]
use super::keep;
use byolab_values::{
    folders::xdg,
    plan::{Overrides, UntilDecided, typed},
    weights::Hints,
};

/// How robust is BYOL, compared with a contrastive method, to the batch size, the augmentations, the target decay?
#[derive(Clone, Debug, Parser)]
#[command(version, long_version = about::version(), propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten, next_help_heading = "Common options")]
    pub common: Common,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// The environment variables of all flags.
    pub fn variables() -> BTreeSet<OsString> {
        fn of(command: &clap::Command) -> BTreeSet<OsString> {
            let own = command.get_arguments().filter_map(|arg| arg.get_env()).map(OsString::from);
            own.chain(command.get_subcommands().flat_map(of)).collect()
        }
        of(&Self::command())
    }
}

const EXIT_CODES: &str = "\
Exit codes:
  0  good
  1  failed
  2  bad use or bad input; nothing was written
  3  finished, and some cells failed
  4  a claim does not hold or is undecided
130  stopped by Ctrl-C; running again goes on
143  stopped by SIGTERM, SIGUSR1 or SIGUSR2; running again goes on";

/// What can be done; without a command the workbench opens.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Open the terminal workbench
    Watch,
    /// Train and judge the demo: minutes on a laptop, no data needed
    Demo(Demo),
    /// Check an experiment and list its trials and heats; trains nothing
    Plan(PlanArgs),
    /// Train what is not yet trained
    Run(RunArgs),
    /// Train with others: any number of workers on any machines that see the runs
    Work(WorkArgs),
    /// Have a scheduler start workers: an array of Slurm, or a Job of Kubernetes
    Submit(Box<SubmitArgs>),
    /// Judge what is trained by other probes, without training again: --set probes.knn_k=20
    Probe(Probe),
    /// Judge an encoder: that of a stored run, or a file of weights that PyTorch has trained
    Eval(Eval),
    /// Write an encoder for torchvision, timm, PyTorch or onnxruntime, or its features for numpy, with a load.py
    Export(Export),
    /// List the runs
    List(ListArgs),
    /// Show one run
    Show(Show),
    /// Wait until an experiment's runner has ended
    Wait(NamedArgs),
    /// Ask an experiment's runner to checkpoint and leave
    Stop(NamedArgs),
    /// Go on with an experiment in the background
    Resume(NamedArgs),
    /// Give a trial or an experiment words to know it by
    Tag(Tag),
    /// Write a note about a trial or an experiment
    Note(NoteArgs),
    /// Set a trial or an experiment aside; nothing is deleted
    Rm(Remove),
    /// Write tables, claims and figures
    Report(Report),
    /// Judge the claims: exit code 0 where all hold, 4 otherwise
    Check(AskedArgs),
    /// Tell in what two trials or experiments differ
    Diff(Diff),
    /// Draw a contact sheet of the augmented views
    Views(ViewsArgs),
    /// Find, fetch and verify datasets
    #[command(subcommand)]
    Data(Data),
    /// Measure the speed of whole training steps, or of the views alone
    Bench(Bench),
    /// Methods, with keys, defaults and sources
    Methods(Answer),
    /// Augmentation sets and operations
    Augmentations(Answer),
    /// Datasets
    Datasets(Answer),
    /// Probes
    Probes(Answer),
    /// Numbers that a trial has: what claims may be about
    Metrics(Answer),
    /// Every key of a recipe
    Keys(Answer),
    /// Look at devices, terminal and surroundings
    Doctor(Answer),
    /// Write completions for a shell
    Completions(Completions),
    /// Write the manual page
    Man(Man),
}

/// Where things are and how much is said.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Folder of the runs
    #[arg(long, global = true, value_name = "DIR", env = "BYOLAB_RUNS", default_value = "runs")]
    pub runs: PathBuf,
    /// Folder of the datasets [default: byolab in the XDG data folder]
    #[arg(long, global = true, value_name = "DIR", env = "BYOLAB_DATA")]
    pub data: Option<PathBuf>,
    /// auto, cpu, cuda[:N], vulkan[:N] or metal
    #[arg(long, global = true, env = "BYOLAB_DEVICE", default_value = "auto", value_parser = device)]
    pub device: String,
    /// Training: a command for `sh` that is run at the end, at a failure, at a collapse; $1 is a sentence, $BYOLAB_EVENT
    /// is finished, stopped, failed, collapse or alarm
    #[arg(long, global = true, value_name = "COMMAND", env = "BYOLAB_NOTIFY")]
    pub notify: Option<String>,
    /// Say only what went wrong
    #[arg(short, long, global = true, env = "BYOLAB_QUIET", value_parser = FalseyValueParser::new(), conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, env = "BYOLAB_VERBOSE", value_parser = FalseyValueParser::new())]
    pub verbose: bool,
    /// Workbench: no key starts or stops anything
    #[arg(long, global = true, env = "BYOLAB_READ_ONLY", value_parser = FalseyValueParser::new())]
    pub read_only: bool,
    /// Workbench: ASCII alone; by itself where the locale is not UTF-8
    #[arg(long, global = true, env = "BYOLAB_ASCII", value_parser = FalseyValueParser::new())]
    pub ascii: bool,
    /// Workbench: the mouse points and scrolls; shift selects text
    #[arg(long, global = true, env = "BYOLAB_MOUSE", value_parser = FalseyValueParser::new())]
    pub mouse: bool,
    /// Workbench: colours for a dark or a light ground
    #[arg(long, global = true, value_name = "GROUND", env = "BYOLAB_THEME", default_value = "dark")]
    pub theme: Ground,
}

/// The ground that the workbench is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ground {
    Dark,
    Light,
}

impl Common {
    /// The folder of the datasets: `--data`, `$BYOLAB_DATA`, or `byolab` in the XDG data folder.
    pub fn data_folder(&self) -> PathBuf {
        let shared = || xdg("XDG_DATA_HOME", ".local/share").unwrap_or("byolab".into());
        self.data.clone().unwrap_or_else(shared)
    }

    /// The device asked for, with the kernels that earlier processes compiled for it.
    ///
    /// # Errors
    /// See [`device::open`](byolab_engine::device::open).
    #[cfg(feature = "engine")]
    pub fn open_device(&self) -> anyhow::Result<byolab_engine::device::Opened> {
        use byolab_engine::device;
        keep::kernels().iter().for_each(|folder| device::keep_kernels(folder));
        device::open(&self.device)
    }
}

/// An experiment, or a part of one.
#[derive(Args, Clone, Debug, Default)]
pub struct Chosen {
    /// A path, the name of a file in ./experiments, or of a shipped experiment
    #[arg(value_name = "EXPERIMENT")]
    pub experiment: String,
    #[command(flatten)]
    pub changes: Changes,
}

/// What is changed about an experiment.
#[derive(Args, Clone, Debug, Default)]
pub struct Changes {
    /// Set a recipe key in every cell: train.epochs=10 (repeat, or separate by ;)
    #[arg(long, value_name = "KEY=VALUE", env = "BYOLAB_SET")]
    pub set: Vec<String>,
    /// Vary a recipe key: method.target_decay=0.9,0.99,1 (repeat, or separate by ;)
    ///
    /// Makes an axis, or gives other values to one that there is. Values are what a file would have: numbers, names, lists,
    /// whole tables such as { name = "byol", predictor = false }; names with commas stand in quotes. Ranges:
    /// "0.9..0.999 by 4" is 4 evenly spaced values, both ends included; "64..512 by x2" goes by doubling. A key that
    /// only some methods have makes an axis of those methods: byol at each decay beside simclr once.
    #[arg(long, value_name = "KEY=V1,V2", env = "BYOLAB_AXIS")]
    pub axis: Vec<String>,
    /// Keep these values of an axis: train.batch=512,64 (repeat, or separate by ;)
    #[arg(long, value_name = "KEY=V1,V2", env = "BYOLAB_ONLY")]
    pub only: Vec<String>,
    /// Seeds in place of the experiment's: 0,1
    #[arg(long, value_name = "SEEDS", env = "BYOLAB_SEEDS", value_delimiter = ',', value_parser = seed())]
    pub seeds: Option<Vec<u64>>,
    #[command(flatten)]
    pub until: Until,
}

impl Changes {
    pub fn overrides(&self) -> Overrides {
        let until = self.until.until_decided.then(|| UntilDecided {
            most_seeds: self.until.most_seeds.unwrap_or(UntilDecided::MOST_SEEDS),
            budget: self.until.budget,
        });
        Overrides { until, ..Overrides::typed(&self.set, &self.axis, &self.only, self.seeds.clone()) }
    }
}

/// Where training ends that goes on until the claims are decided.
#[derive(Args, Clone, Debug, Default)]
pub struct Until {
    /// Train seed after seed until every claim is decided, and no more than that
    ///
    /// After each heat the next one is the one that is expected to decide most claims for its time. Claims are then judged by
    /// confidence sequences, as where the file says look = "always": they stay valid however often one looks. Training
    /// ends where each claim is decided or hopeless, or the seeds or the budget are spent.
    #[arg(long, env = "BYOLAB_UNTIL_DECIDED", value_parser = FalseyValueParser::new())]
    pub until_decided: bool,
    /// With --until-decided: seeds of a cell at most, those of the file first [default: 20]
    #[arg(long, value_name = "SEEDS", env = "BYOLAB_MOST_SEEDS", requires = "until_decided", value_parser = most_seeds())]
    pub most_seeds: Option<usize>,
    /// With --until-decided: how long this command may train: 90min, 2h, 3d
    #[arg(long, value_name = "TIME", env = "BYOLAB_BUDGET", requires = "until_decided", value_parser = seconds)]
    pub budget: Option<u64>,
}

fn most_seeds() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u64).range(1..=1000).map(|seeds| seeds as usize)
}

/// A time in seconds.
fn seconds(typed: &str) -> Result<u64, String> {
    let units = [("min", 60.0), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0)];
    let found = units
        .into_iter()
        .find_map(|(unit, seconds)| Some(typed.strip_suffix(unit)?.trim().parse::<f64>().ok()? * seconds));
    match found {
        Some(seconds) if (1.0..=1e9).contains(&seconds) => Ok(seconds.round() as u64),
        Some(_) => Err("use a second or more".to_owned()),
        None => Err("write a number and s, min, h or d: 2h".to_owned()),
    }
}

/// An answer for people or for programs.
#[derive(Args, Clone, Copy, Debug)]
pub struct Answer {
    /// Write one JSON document
    #[arg(long, env = "BYOLAB_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
}

/// A question about an experiment.
#[derive(Args, Clone, Debug)]
pub struct AskedArgs {
    #[command(flatten)]
    pub chosen: Chosen,
    #[command(flatten)]
    pub answer: Answer,
}

/// An experiment by its name alone.
#[derive(Args, Clone, Debug)]
pub struct NamedArgs {
    /// A path, the name of a file in ./experiments, or of a shipped experiment
    #[arg(value_name = "EXPERIMENT")]
    pub experiment: String,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Clone, Debug)]
pub struct Demo {
    /// Plain lines, even in a terminal
    #[arg(long, env = "BYOLAB_HEADLESS", value_parser = FalseyValueParser::new())]
    pub headless: bool,
}

#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub chosen: Chosen,
    /// Train in a process of its own that outlives the terminal
    #[arg(long, env = "BYOLAB_DETACH", value_parser = FalseyValueParser::new())]
    pub detach: bool,
    /// Where another runner is at the experiment, wait until it has left
    #[arg(long, env = "BYOLAB_PATIENT", value_parser = FalseyValueParser::new())]
    pub patient: bool,
}

#[derive(Args, Clone, Debug)]
pub struct WorkArgs {
    #[command(flatten)]
    pub chosen: Chosen,
    /// Leave after so many heats
    #[arg(long, value_name = "HEATS", env = "BYOLAB_AT_MOST", value_parser = heats())]
    pub at_most: Option<usize>,
    /// Checkpoint and leave then: 18:30, 2027-01-31T18:30, or after a while: 90min, 2h
    #[arg(long, value_name = "TIME", env = "BYOLAB_UNTIL", value_parser = until)]
    pub until: Option<Timestamp>,
    /// A worker for each of these devices, in place of --device: cuda:0,cuda:1, or all for every NVIDIA card
    #[arg(long, value_name = "DEVICES", env = "BYOLAB_DEVICES", value_delimiter = ',', value_parser = device_or_all)]
    pub devices: Vec<String>,
    /// In a job of Slurm: leave that long before its time limit, and have the job queued again
    #[arg(long, value_name = "TIME", env = "BYOLAB_NOTICE", value_parser = seconds)]
    pub notice: Option<u64>,
}

fn device_or_all(typed: &str) -> Result<String, String> {
    if typed == "all" { Ok(typed.to_owned()) } else { device(typed) }
}

/// What starts the workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    #[default]
    Slurm,
    Kubernetes,
}

#[derive(Args, Clone, Debug, Default)]
pub struct SubmitArgs {
    #[command(flatten)]
    pub chosen: Chosen,
    /// What starts the workers
    #[arg(long, value_name = "ENGINE", env = "BYOLAB_ENGINE", default_value = "slurm")]
    pub engine: Engine,
    /// How many there are to be, with those that were submitted before
    #[arg(long, value_name = "WORKERS", env = "BYOLAB_WORKERS", default_value = "1", value_parser = heats())]
    pub workers: usize,
    /// Print the script or the Job, and submit nothing
    #[arg(long, env = "BYOLAB_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub dry_run: bool,
    /// Slurm: partition
    #[arg(long, value_name = "PARTITION", env = "BYOLAB_PARTITION")]
    pub partition: Option<String>,
    /// Slurm: time limit of a worker, after which it is queued again: 90, 4:00:00, 1-0
    #[arg(long, value_name = "TIME", env = "BYOLAB_TIME")]
    pub time: Option<String>,
    /// Slurm: resources of a worker: gpu:1
    #[arg(long, value_name = "RESOURCES", env = "BYOLAB_GRES")]
    pub gres: Option<String>,
    /// Slurm: account
    #[arg(long, value_name = "ACCOUNT", env = "BYOLAB_ACCOUNT")]
    pub account: Option<String>,
    /// Slurm: quality of service
    #[arg(long, value_name = "QOS", env = "BYOLAB_QOS")]
    pub qos: Option<String>,
    /// Slurm: features of nodes
    #[arg(long, value_name = "FEATURES", env = "BYOLAB_CONSTRAINT")]
    pub constraint: Option<String>,
    /// Slurm: memory of a worker
    #[arg(long, value_name = "MEMORY", env = "BYOLAB_MEM")]
    pub mem: Option<String>,
    /// Slurm: processors of a worker
    #[arg(long, value_name = "CPUS", env = "BYOLAB_CPUS_PER_TASK")]
    pub cpus_per_task: Option<String>,
    /// Kubernetes: the image that byolab is in
    #[arg(long, value_name = "IMAGE", env = "BYOLAB_IMAGE")]
    pub image: Option<String>,
    /// Kubernetes: the claim of the volume that holds the runs
    #[arg(long, value_name = "CLAIM", env = "BYOLAB_VOLUME")]
    pub volume: Option<String>,
    /// Kubernetes: where the runs are in a container [default: where they are here]
    #[arg(long, value_name = "DIR", env = "BYOLAB_MOUNT")]
    pub mount: Option<String>,
    /// Kubernetes: GPUs of a worker
    #[arg(long, value_name = "GPUS", env = "BYOLAB_GPUS")]
    pub gpus: Option<u32>,
    /// Kubernetes: Kueue's queue
    #[arg(long, value_name = "QUEUE", env = "BYOLAB_QUEUE")]
    pub queue: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    pub chosen: Chosen,
    /// Say how long so many workers take, each on a device like that of the stored runs
    #[arg(long, value_name = "WORKERS", env = "BYOLAB_WORKERS", value_parser = heats())]
    pub workers: Option<usize>,
    #[command(flatten)]
    pub answer: Answer,
}

fn heats() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u64).range(1..=1_000_000).map(|heats| heats as usize)
}

/// A moment to come: a time of the day, a date with it, or a while from now.
fn until(typed: &str) -> Result<Timestamp, String> {
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let later = || seconds(typed).ok().map(|seconds| now + SignedDuration::from_secs(seconds as i64));
    let of_day = || -> Option<Timestamp> {
        let (time, today) = (typed.parse().ok()?, now.to_zoned_datetime(zone.clone()).date());
        let at = |date: civil::Date| zone.to_timestamp(date.to_datetime(time)).ok();
        at(today).filter(|at| *at > now).or_else(|| at(today.tomorrow().ok()?))
    };
    let dated = || zone.to_timestamp(typed.parse().ok()?).ok();
    let exact = || typed.parse::<Timestamp>().ok();
    // A time of the day last: a date with its time is read as one too.
    match later().or_else(exact).or_else(dated).or_else(of_day) {
        Some(at) if at > now => Ok(at),
        Some(_) => Err("that is over".to_owned()),
        None => Err("use 18:30, 2027-01-31T18:30 or 2h".to_owned()),
    }
}

#[derive(Args, Clone, Debug)]
pub struct Probe {
    #[command(flatten)]
    pub chosen: Chosen,
    /// Write the features of all images of this part, with labels and places in the data set, beside each encoder
    #[arg(long, value_name = "PART", env = "BYOLAB_WRITE_FEATURES")]
    pub write_features: Option<SplitArg>,
}

/// Which encoder is meant.
#[derive(Args, Clone, Debug)]
pub struct NamedEncoder {
    /// A file (safetensors, or what torch.save writes: .pt, .pth, .ckpt), or the id of a trial, or its first digits
    ///
    /// Files have the names of torchvision, timm, lightly, solo-learn or MoCo, behind whatever prefix: ResNets with CIFAR's
    /// or ImageNet's stem, Wide ResNets, vision transformers. Nothing in a file is run.
    #[arg(value_name = "ENCODER")]
    pub encoder: String,
    /// Of a file: what its tensors' names begin with, where it has several encoders: backbone.
    #[arg(long, value_name = "PREFIX", env = "BYOLAB_PREFIX")]
    pub prefix: Option<String>,
    /// Vision transformers: attention heads [default: one for each 64 numbers of a token]
    #[arg(long, value_name = "HEADS", env = "BYOLAB_HEADS", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub heads: Option<u32>,
    /// Vision transformers: what its features are [default: the class token, where there is one and no fc_norm]
    #[arg(long, value_name = "POOL", env = "BYOLAB_POOL")]
    pub pool: Option<PoolArg>,
    /// ResNets with CIFAR's stem: pixels by which it pads [default: 2 where the file has solo-learn's names, else 1]
    #[arg(long, value_name = "PIXELS", env = "BYOLAB_STEM_PADDING", value_parser = clap::value_parser!(u32).range(1..=2))]
    pub stem_padding: Option<u32>,
}

impl NamedEncoder {
    /// What is said because weights do not tell.
    pub fn hints(&self) -> Hints {
        Hints {
            prefix: self.prefix.clone(),
            heads: self.heads.map(|heads| heads as usize),
            pool: self.pool.map(Into::into),
            stem_padding: self.stem_padding.map(|pixels| pixels as usize),
        }
    }
}

/// The images that an encoder is to see.
#[derive(Args, Clone, Debug)]
pub struct ImageArgs {
    /// The data set, a name of `byolab datasets` [default: the trial's, else cifar10]
    #[arg(long, value_name = "NAME", env = "BYOLAB_ON")]
    pub on: Option<String>,
    /// Height and width of the images in pixels [default: those it was trained with, as far as the file tells; with
    /// ImageNet's stem 224; else the data set's]
    #[arg(long, value_name = "PIXELS", env = "BYOLAB_SIDE", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub side: Option<u32>,
    /// Mean and deviation that pixels are normalised by: own, imagenet, half or none [default: those it was trained
    /// with, as far as the file tells; else imagenet]
    #[arg(long, value_name = "NAME", env = "BYOLAB_NORMALIZE")]
    pub normalize: Option<String>,
    /// Set a key of data or probes: data.limit=5000, probes.knn_k=20 (repeat, or separate by ;)
    #[arg(long, value_name = "KEY=VALUE", env = "BYOLAB_SET")]
    pub set: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub struct Eval {
    #[command(flatten)]
    pub named: NamedEncoder,
    /// What to judge by, several separated by commas
    #[arg(
        long,
        value_name = "PROBES",
        env = "BYOLAB_PROBE",
        value_delimiter = ',',
        default_value = "knn,linear,spread"
    )]
    pub probe: Vec<ProbeArg>,
    #[command(flatten)]
    pub images: ImageArgs,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Clone, Debug)]
pub struct Export {
    #[command(flatten)]
    pub named: NamedEncoder,
    /// Who is to load it
    #[arg(long, value_name = "FORMAT", env = "BYOLAB_FORMAT")]
    pub format: ExportFormat,
    /// Folder to write into [default: exports/ENCODER]
    #[arg(short, long, value_name = "DIR", env = "BYOLAB_OUTPUT")]
    pub output: Option<PathBuf>,
    /// numpy: of which images the features are
    #[arg(long, value_name = "PART", env = "BYOLAB_PART", default_value = "held-out")]
    pub part: SplitArg,
    #[command(flatten)]
    pub images: ImageArgs,
}

/// Who is to load an encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// torchvision: a ResNet, strictly
    Torchvision,
    /// timm: a ResNet of width 64 or a vision transformer, strictly
    Timm,
    /// PyTorch alone: weights, and the lines that the network is
    Safetensors,
    /// onnxruntime
    Onnx,
    /// numpy: features, labels and places of images
    Numpy,
}

/// What an encoder is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProbeArg {
    /// Nearest neighbours
    Knn,
    /// A linear classifier
    Linear,
    /// A linear classifier at every stage of the encoder
    Stages,
    /// How the features spread
    Spread,
    /// LiDAR, alpha-ReQ, neural collapse, the colours that are read out; what else keys of probes ask for
    Measures,
    /// The whole network, fine-tuned
    Finetune,
    /// The whole network, fine-tuned on 1 and 10 % of the labels
    Semi,
    /// What images were made with; synthetic only
    Factors,
    /// The test split too
    Test,
}

/// What of a vision transformer's tokens are its features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PoolArg {
    /// The class token
    Token,
    /// The mean over the patches
    Mean,
}

impl From<PoolArg> for byolab_values::weights::shape::Pool {
    fn from(pool: PoolArg) -> Self {
        match pool {
            PoolArg::Token => Self::Token,
            PoolArg::Mean => Self::Mean,
        }
    }
}

/// A part of the images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SplitArg {
    Train,
    HeldOut,
    Test,
}

impl From<SplitArg> for byolab_values::data::Purpose {
    fn from(purpose: SplitArg) -> Self {
        match purpose {
            SplitArg::Train => Self::Train,
            SplitArg::HeldOut => Self::HeldOut,
            SplitArg::Test => Self::Test,
        }
    }
}

#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Only the runs of this experiment
    pub experiment: Option<String>,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Clone, Debug)]
pub struct Show {
    /// The trial's id, or its first digits
    pub trial: String,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Clone, Debug)]
pub struct Tag {
    /// An experiment of the runs, or a trial's id or its first digits
    #[arg(value_name = "TRIAL|EXPERIMENT")]
    pub name: String,
    /// The words
    #[arg(value_name = "WORD", required = true)]
    pub words: Vec<String>,
    /// Take the words away
    #[arg(long, env = "BYOLAB_REMOVE", value_parser = FalseyValueParser::new())]
    pub remove: bool,
}

#[derive(Args, Clone, Debug)]
pub struct NoteArgs {
    /// An experiment of the runs, or a trial's id or its first digits
    #[arg(value_name = "TRIAL|EXPERIMENT")]
    pub name: String,
    /// What is to be remembered
    pub text: String,
}

#[derive(Args, Clone, Debug)]
pub struct Remove {
    /// An experiment of the runs, or a trial's id or its first digits
    #[arg(value_name = "TRIAL|EXPERIMENT")]
    pub name: String,
}

#[derive(Args, Clone, Debug)]
pub struct Report {
    #[command(flatten)]
    pub chosen: Chosen,
    /// Formats, several separated by commas: md, html, latex, json, csv, svg, png, pdf, tensorboard, sqlite, parquet
    #[arg(long, value_name = "FORMATS", env = "BYOLAB_FORMAT", value_delimiter = ',', default_value = "md")]
    pub format: Vec<String>,
    /// Width of figures, as of a column of a paper: 84mm, 3.3in or 239pt; their text then has 8 points
    #[arg(long, value_name = "LENGTH", env = "BYOLAB_WIDTH", value_parser = length)]
    pub width: Option<f32>,
    /// Leave title and reading of figures to the paper
    #[arg(long, env = "BYOLAB_UNTITLED", value_parser = FalseyValueParser::new())]
    pub untitled: bool,
    /// Folder to write into; without it one text format goes to standard output
    #[arg(short, long, value_name = "DIR", env = "BYOLAB_OUTPUT")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Clone, Debug)]
pub struct Diff {
    /// An experiment of the runs, or a trial's id or its first digits
    pub a: String,
    /// What it is compared with
    pub b: String,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Clone, Debug)]
pub struct ViewsArgs {
    #[command(flatten)]
    pub chosen: Chosen,
    /// The picture to write
    #[arg(short, long, value_name = "FILE.png", env = "BYOLAB_OUTPUT")]
    pub output: PathBuf,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Data {
    /// List datasets and where they are
    List(Answer),
    /// Fetch a dataset, with its checksum
    Fetch(Fetch),
    /// Verify a dataset on disk
    Verify(Verify),
}

#[derive(Args, Clone, Debug)]
pub struct Fetch {
    /// A name of `byolab datasets`
    pub name: String,
    /// Take the files from this URL, whatever their published places; checksums stay the published ones
    #[arg(long, value_name = "URL", env = "BYOLAB_MIRROR")]
    pub mirror: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub struct Verify {
    /// A name of `byolab datasets`
    pub name: String,
    /// Of `folder`: where it is, as data.path in a recipe
    #[arg(long, env = "BYOLAB_PATH")]
    pub path: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub struct Bench {
    /// The experiment whose first heat is measured
    #[arg(value_name = "EXPERIMENT", default_value = "smoke")]
    pub experiment: String,
    #[command(flatten)]
    pub changes: Changes,
    /// Values of a key, each measured in a process of its own: train.batch=32,64,128 (repeat, or separate by ;)
    #[arg(long, value_name = "KEY=V1,V2", env = "BYOLAB_SWEEP", value_delimiter = ';', value_parser = sweep)]
    pub sweep: Vec<Sweep>,
    /// Only the making of both views, on the CPU's cores
    #[arg(long, env = "BYOLAB_VIEWS", value_parser = FalseyValueParser::new(), conflicts_with = "sweep")]
    pub views: bool,
    #[command(flatten)]
    pub answer: Answer,
}

/// `train.batch=32,64` as the settings `train.batch=32` and `train.batch=64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep(pub Vec<String>);

fn sweep(typed: &str) -> Result<Sweep, String> {
    match typed.split_once('=') {
        Some((key, values)) if !key.is_empty() && !values.is_empty() => {
            Ok(Sweep(typed::parts(values, ',').into_iter().map(|value| format!("{key}={value}")).collect()))
        }
        _ => Err("write a key and its values: train.batch=32,64,128".to_owned()),
    }
}

#[derive(Args, Clone, Copy, Debug)]
pub struct Completions {
    pub shell: Shell,
}

#[derive(Args, Clone, Debug)]
pub struct Man {
    /// The page of one command; without it the page of byolab
    pub command: Option<String>,
    /// Write the page, and those of all commands below it, into this folder
    #[arg(short, long, value_name = "DIR", env = "BYOLAB_OUTPUT")]
    pub output: Option<PathBuf>,
}

/// A length in points.
fn length(typed: &str) -> Result<f32, String> {
    let units = [("mm", 72.0 / 25.4), ("cm", 72.0 / 2.54), ("in", 72.0), ("pt", 1.0)];
    let found = units
        .into_iter()
        .find_map(|(unit, points)| Some(typed.strip_suffix(unit)?.trim().parse::<f32>().ok()? * points));
    match found {
        Some(points) if (110.0..=1500.0).contains(&points) => Ok(points),
        Some(_) => Err("use 40mm to 500mm".to_owned()),
        None => Err("write a number and mm, cm, in or pt: 84mm".to_owned()),
    }
}

/// What a recipe can hold: TOML's integers are signed.
fn seed() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=i64::MAX as u64)
}

/// Accepts the names of devices; whether there is such a device shows when it is opened.
fn device(typed: &str) -> Result<String, String> {
    let (kind, number) = typed.split_once(':').map_or((typed, None), |(kind, number)| (kind, Some(number)));
    let numbered = matches!(kind, "cuda" | "vulkan") && number.is_none_or(|number| number.parse::<usize>().is_ok());
    let plain = matches!(kind, "auto" | "cpu" | "metal") && number.is_none();
    let expected = "use auto, cpu, cuda, cuda:N, vulkan, vulkan:N or metal";
    if numbered || plain { Ok(typed.to_owned()) } else { Err(expected.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(typed.split_whitespace())
    }

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_an_environment_variable() {
        fn check(command: &clap::Command) {
            for flag in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let variable = flag.get_env().and_then(|name| name.to_str());
                assert!(
                    variable.is_some_and(|name| name.starts_with("BYOLAB_")),
                    "{} of {} has none",
                    flag.get_id(),
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn flags_of_the_interface_are_understood() {
        let cli = parse("byolab plan demo --set train.epochs=2 --only train.batch=64,16 --seeds 0,1 --runs r").unwrap();
        let Some(Command::Plan(asked)) = cli.command else { panic!("not a plan") };
        let overrides = asked.chosen.changes.overrides();
        assert_eq!(overrides.set, ["train.epochs=2"]);
        assert_eq!(overrides.only, ["train.batch=64,16"]);
        assert_eq!(overrides.seeds, Some(vec![0, 1]));
        assert_eq!(cli.common.runs, PathBuf::from("r"));
        assert!(parse("byolab").unwrap().command.is_none());
    }

    #[test]
    fn lengths_have_a_unit() {
        for (typed, points) in [("84mm", 238.11), ("8.4cm", 238.11), ("3.3 in", 237.6), ("239pt", 239.0)] {
            assert!((length(typed).unwrap() - points).abs() < 0.01, "{typed}");
        }
        for bad in ["84", "mm", "9mm", "9m", "-84mm", "nanmm", "infmm", ""] {
            assert!(length(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_run_until_it_is_decided_goes_on_with_the_same_flags() {
        let overrides = |typed: &str| {
            let Some(Command::Run(asked)) = parse(typed).unwrap().command else { panic!("no run") };
            asked.chosen.changes.overrides()
        };
        for (typed, most_seeds, budget) in [
            ("byolab run demo --until-decided", 20, None),
            ("byolab run demo --until-decided --most-seeds 7 --budget 1.5h", 7, Some(5400)),
            ("byolab run demo --budget 90min --until-decided --seeds 3,4", 20, Some(5400)),
        ] {
            let asked = overrides(typed);
            assert_eq!(asked.until, Some(UntilDecided { most_seeds, budget }), "{typed}");
            assert_eq!(overrides(&format!("byolab run demo {}", asked.flags().join(" "))), asked, "{typed}");
        }
        assert_eq!(overrides("byolab run demo").until, None);
        for bad in ["--most-seeds 3", "--budget 2h", "--until-decided --most-seeds 0", "--until-decided --budget 2"] {
            assert!(parse(&format!("byolab run demo {bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_worker_leaves_at_a_time_of_day_at_a_date_or_after_a_while() {
        let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
        for (typed, least, most) in [
            ("90min", hour, 2 * hour),
            ("2d", 47 * hour, 49 * hour),
            ("00:00", SignedDuration::ZERO, 25 * hour),
            ("23:59:59", SignedDuration::ZERO, 25 * hour),
            ("2999-01-31T18:30", 1000 * hour, 24 * 366 * 1000 * hour),
            ("2999-01-31T18:30:00Z", 1000 * hour, 24 * 366 * 1000 * hour),
        ] {
            let ahead = until(typed).unwrap().duration_since(now);
            assert!(least <= ahead && ahead <= most, "{typed}: {ahead}");
        }
        for bad in ["", "25:00", "2020-01-01T00:00", "soon", "3"] {
            assert!(until(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn devices_are_named_in_one_way() {
        for good in ["auto", "cpu", "cuda", "cuda:1", "vulkan:0", "metal"] {
            assert_eq!(device(good).as_deref(), Ok(good));
        }
        for bad in ["gpu", "cuda:", "cuda:x", "cpu:0", "auto:1", ""] {
            assert!(device(bad).is_err(), "{bad}");
        }
    }
}
