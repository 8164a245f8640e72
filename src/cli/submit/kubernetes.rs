//! Kubernetes: an Indexed Job of interchangeable workers, as JSON, which is YAML too. The volume holds the runs, as it does for
//! whoever submits.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::cli::args::SubmitArgs;

/// Before a pod is killed: time for a step and a checkpoint.
const GRACE: u64 = 120;
/// Ends of a worker that are no accident, so that trying again helps nobody: `byolab`'s exit code for bad input.
const BAD_INPUT: u8 = 2;

/// A Job of so many workers, each of which runs `program` in a container in which the store's folder is at `mount`.
pub fn job(asked: &SubmitArgs, name: &str, workers: usize, mount: &str, program: &[String]) -> Value {
    let queue = asked.queue.as_ref();
    let labels = queue.map_or(json!({}), |queue| json!({ "kueue.x-k8s.io/queue-name": queue }));
    let limits = asked.gpus.map_or(json!({}), |gpus| json!({ "nvidia.com/gpu": gpus }));
    let container = json!({
        "name": "worker",
        "image": asked.image,
        "command": program,
        "resources": { "limits": limits },
        "volumeMounts": [{ "name": "runs", "mountPath": mount }],
    });
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "generateName": format!("byolab-{}-", plain(name)), "labels": labels },
        "spec": {
            // Kueue starts it.
            "suspend": queue.is_some(),
            "completionMode": "Indexed",
            "completions": workers,
            "parallelism": workers,
            "backoffLimitPerIndex": 10,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": { "rules": [
                { "action": "Ignore", "onPodConditions": [{ "type": "DisruptionTarget", "status": "True" }] },
                { "action": "FailIndex", "onExitCodes": { "operator": "In", "values": [BAD_INPUT] } },
            ] },
            "template": { "spec": {
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": GRACE,
                "containers": [container],
                "volumes": [{ "name": "runs", "persistentVolumeClaim": { "claimName": asked.volume } }],
            } },
        },
    })
}

/// What Kubernetes takes for a name (RFC 1123), and is short enough for that of a pod.
fn plain(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    name.chars().map(letter).take(40).collect::<String>().trim_matches('-').to_owned()
}

/// Whether `kubectl` is there to apply it.
pub fn is_there() -> bool {
    Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success())
}

/// Has Kubernetes make the Job.
///
/// # Errors
/// Where it refuses: with what it says.
pub fn create(job: &Value) -> Result<String> {
    let mut command = Command::new("kubectl");
    command.args(["create", "--filename", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot run kubectl")?;
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(job.to_string().as_bytes()));
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    ensure!(output.status.success(), "Kubernetes refuses: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
