//! A real Slurm: one node on loopback, started here. Workers of an array are requeued, told that their time is short and
//! cancelled, and the numbers are those of one run.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use byolab::store::{ExperimentFolder, Store, WorkerInfo};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{
    cli,
    skip::skip,
    workers::{laid_with, outcome},
};

/// Its daemons, for as long as it lives.
struct Slurm {
    folder: TempDir,
    daemons: Vec<Child>,
}

impl Slurm {
    /// None where it is not installed or may not be started.
    fn begin() -> Option<Self> {
        for program in ["/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd"] {
            if !Path::new(program).exists() {
                skip(&format!("{program}: slurm-wlm and munge of Debian"));
                return None;
            }
        }
        if !rustix::process::geteuid().is_root() {
            skip("Slurm's daemons are started by root");
            return None;
        }
        let folder = tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut slurm = Self { folder, daemons: Vec::new() };
        slurm.configure();
        let root = slurm.folder.path().to_owned();
        let path = |name: &str| root.join(name).display().to_string();
        let key = format!("--key-file={}", path("munge.key"));
        let [socket, pid, log, seed] = ["socket", "pid-file", "log-file", "seed-file"]
            .map(|name| format!("--{name}={}", path(&format!("munge.{name}"))));
        slurm.start("/usr/sbin/munged", &["--foreground", "--force", &key, &socket, &pid, &log, &seed]);
        slurm.wait_until("munge", || slurm.path("munge.socket").exists());
        let conf = path("slurm.conf");
        slurm.start("/usr/sbin/slurmctld", &["-D", "-f", &conf]);
        slurm.start("/usr/sbin/slurmd", &["-D", "-f", &conf]);
        slurm.wait_until("a node", || slurm.says("sinfo", &["--noheader", "--format", "%T"]).contains("idle"));
        Some(slurm)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self) {
        fs::write(self.path("munge.key"), [7; 1024]).unwrap();
        fs::set_permissions(self.path("munge.key"), fs::Permissions::from_mode(0o400)).unwrap();
        for name in ["state", "spool"] {
            fs::create_dir(self.path(name)).unwrap();
        }
        let host = Command::new("hostname").arg("-s").output().unwrap();
        let host = String::from_utf8(host.stdout).unwrap().trim().to_owned();
        let ports = [0, 0].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let [control, node] = ports.each_ref().map(|port| port.local_addr().unwrap().port());
        let here = self.folder.path().display();
        let text = format!(
            "ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={here}/munge.socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={here}/state
SlurmdSpoolDir={here}/spool
SlurmctldPidFile={here}/slurmctld.pid
SlurmdPidFile={here}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobRequeue=1
KillWait=20
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 State=UP
"
        );
        fs::write(self.path("slurm.conf"), text).unwrap();
    }

    fn start(&mut self, program: &str, arguments: &[&str]) {
        let log = fs::File::create(self.path(&format!("{}.out", self.daemons.len()))).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.daemons.push(command.spawn().unwrap());
    }

    /// Everything that the daemons have said, where something is waited for in vain.
    fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            if begun.elapsed() > Duration::from_secs(150) {
                let logs = (0..self.daemons.len())
                    .map(|daemon| fs::read_to_string(self.path(&format!("{daemon}.out"))).unwrap());
                panic!("waited in vain: {what}\n{}\n{}", self.says("squeue", &["--array"]), logs.collect::<String>());
            }
            sleep(Duration::from_millis(50));
        }
    }

    fn says(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("SLURM_CONF", self.path("slurm.conf")).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn byolab(&self, folder: &Path, arguments: &str) -> Output {
        let mut command = cli::command(folder, arguments);
        command.env("SLURM_CONF", self.path("slurm.conf")).env("RAYON_NUM_THREADS", "1").output().unwrap()
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        self.says("scancel", &["--user", "root"]);
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// Workers that are in the middle of a heat, by the names of their jobs.
fn at_work(experiment: &ExperimentFolder) -> Vec<(String, WorkerInfo)> {
    let snapshot = experiment.snapshot().unwrap();
    let trains =
        |worker: &WorkerInfo| worker.trains.iter().any(|id| snapshot.runs.get(id).is_some_and(|run| run.step > 0));
    let workers = snapshot.workers.iter().filter(|worker| trains(worker));
    workers.filter_map(|worker| Some((worker.job.clone()?, worker.clone()))).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn an_array_of_workers_ends_with_the_numbers_of_one_run_whatever_slurm_does_to_its_tasks() {
    let Some(slurm) = Slurm::begin() else { return };
    let (lone, folder) = (laid_with(6, 40), laid_with(6, 40));
    let refused = slurm.byolab(folder.path(), "submit kills.toml --partition nowhere --device cpu");
    let said = cli::text(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("invalid partition"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!folder.path().join("runs").exists(), "nothing was written");
    let submitted = slurm.byolab(folder.path(), "submit kills.toml --workers 4 --time 10 --device cpu");
    assert!(submitted.status.success(), "{}", cli::text(&submitted.stderr));
    let experiment = Store::new(folder.path().join("runs")).experiment("kills");
    slurm.wait_until("three in mid-heat", || at_work(&experiment).len() >= 3);
    let tasks = at_work(&experiment);
    let [requeued, cancelled, warned] = [0, 1, 2].map(|place| tasks[place].0.clone());
    let listed = slurm.byolab(folder.path(), "list kills");
    let told = cli::text(&listed.stdout);
    assert!(
        told.contains("workers") && told.contains(&format!("job {requeued}")) && told.contains("running"),
        "{told}"
    );
    let again = slurm.byolab(folder.path(), "submit kills.toml --workers 4 --device cpu");
    assert!(cli::text(&again.stderr).contains("nothing is to be added"), "{}", cli::text(&again.stderr));
    slurm.says("scontrol", &["requeue", &requeued]);
    slurm.says("scancel", &[&cancelled]);
    slurm.says("scancel", &["--batch", "--signal=USR1", &warned]);
    let finished = || {
        let runs = experiment.snapshot().unwrap().runs;
        runs.values().filter(|run| run.state == byolab::store::State::Finished).count()
    };
    slurm.wait_until("all is trained", || finished() == 24);
    slurm.wait_until("nobody is at it", || experiment.workers().unwrap().is_empty());
    assert!(slurm.byolab(lone.path(), "run kills.toml --device cpu").status.success());
    assert!(outcome(folder.path()) == outcome(lone.path()), "other numbers than of one run");
    let log = |job: &str| fs::read_to_string(experiment.path().join("jobs").join(format!("{job}.log"))).unwrap();
    assert!(log(&warned).contains(&format!("queued again as job {warned}")), "{}", log(&warned));
    assert!(!log(&cancelled).contains("queued again") && log(&cancelled).contains("stopped at"), "{}", log(&cancelled));
    assert!(log(&requeued).contains("stopped at") && !log(&requeued).contains("queued again as"), "{}", log(&requeued));
    // Of the two that were queued again none is left behind.
    let _ = slurm.byolab(folder.path(), "stop kills");
    slurm.wait_until("the queue is empty", || slurm.says("squeue", &["--noheader"]).trim().is_empty());
}

#[test]
fn a_script_is_printed_without_a_scheduler_and_without_writing() {
    let folder = laid_with(1, 2);
    let output = cli::byolab(
        folder.path(),
        "submit kills.toml --workers 9 --dry-run --gres gpu:1 --time 4:00:00 --set train.epochs=3",
    );
    let text = cli::text(&output.stdout);
    assert!(output.status.success(), "{}", cli::text(&output.stderr));
    for line in [
        "#SBATCH --array=0-1",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
        "#SBATCH --gres=gpu:1",
        "#SBATCH --signal=B:USR1@120",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    assert!(text.lines().last().unwrap().starts_with("exec ") && text.contains("--set train.epochs=3"), "{text}");
    assert!(!folder.path().join("runs").exists());
    let bad = cli::byolab(folder.path(), "submit kills.toml --dry-run --partition a;b --time 1");
    assert_eq!(cli::text(&bad.stderr).lines().count(), 2, "{}", cli::text(&bad.stderr));
    let mut nowhere = cli::command(folder.path(), "submit kills.toml");
    let none = nowhere.env("PATH", folder.path()).output().unwrap();
    assert!(cli::text(&none.stderr).contains("there is no Slurm here"), "{}", cli::text(&none.stderr));
}

/// What the schema of batch/v1 asks for (kubernetes.io, Job v1), as far as a Job of ours uses it.
#[test]
fn a_job_of_kubernetes_says_what_indexed_jobs_need() {
    let folder = laid_with(1, 2);
    let flags =
        "--engine kubernetes --workers 8 --image registry/byolab:1 --volume runs --gpus 1 --queue labs --mount /store";
    let output = cli::byolab(folder.path(), &format!("submit kills.toml --dry-run {flags}"));
    assert!(output.status.success(), "{}", cli::text(&output.stderr));
    let job: Value = serde_json::from_slice(&output.stdout).unwrap();
    let at = |pointer: &str| job.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {job}")).clone();
    for (pointer, expected) in [
        ("/apiVersion", "batch/v1".into()),
        ("/kind", "Job".into()),
        ("/metadata/generateName", "byolab-kills-".into()),
        ("/metadata/labels/kueue.x-k8s.io~1queue-name", "labs".into()),
        ("/spec/suspend", true.into()),
        ("/spec/completionMode", "Indexed".into()),
        ("/spec/completions", 2.into()),
        ("/spec/parallelism", 2.into()),
        ("/spec/podReplacementPolicy", "Failed".into()),
        ("/spec/podFailurePolicy/rules/0/action", "Ignore".into()),
        ("/spec/podFailurePolicy/rules/0/onPodConditions/0/type", "DisruptionTarget".into()),
        ("/spec/podFailurePolicy/rules/1/onExitCodes/values/0", 2.into()),
        ("/spec/template/spec/restartPolicy", "Never".into()),
        ("/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu", 1.into()),
        ("/spec/template/spec/containers/0/command/0", "byolab".into()),
        ("/spec/template/spec/containers/0/volumeMounts/0/mountPath", "/store".into()),
        ("/spec/template/spec/volumes/0/persistentVolumeClaim/claimName", "runs".into()),
    ] as [(&str, Value); 17]
    {
        assert_eq!(at(pointer), expected, "{pointer}");
    }
    assert!(at("/spec/template/spec/containers/0/command/2").as_str().unwrap().starts_with("/store/kills/submitted/"));
    let lacking = cli::byolab(folder.path(), "submit kills.toml --engine kubernetes --dry-run");
    assert!(cli::text(&lacking.stderr).contains("--image"), "{}", cli::text(&lacking.stderr));
}
