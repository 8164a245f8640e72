#!/usr/bin/env bash
# Guess:   a job that runs `scontrol requeue "$SLURM_JOB_ID"` when its time is short queues itself again, in an array too.
# Happens: of the tasks of an array the one that was started last has the array's own number for SLURM_JOB_ID. Requeueing it
#          queues all tasks again, those that are finished among them, and those in the middle of their training.
# Matters: of a sweep by an array one early signal begins every training anew, or, where logs and checkpoints are named by the
#          job, over what was there. "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" means one task.
# Seen:    Slurm 22.05.8 (Debian's slurm-wlm and munge, which have to be installed; as root), 2026-11-28.
set -euo pipefail
folder=$(mktemp -d)
host=$(hostname -s)
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
mkdir state spool
(umask 077 && head -c 1024 /dev/urandom > munge.key)
ports=($(python3 -c 'import socket
s = [socket.socket() for _ in range(2)]
[x.bind(("127.0.0.1", 0)) for x in s]
print(*[x.getsockname()[1] for x in s])'))
cat > slurm.conf <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
AuthInfo=socket=$folder/munge.socket
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=3 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=60 State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munge.pid" \
    --log-file="$folder/munge.log" --seed-file="$folder/munge.seed" > munge.out 2>&1 &
pids+=($!)
until [ -S munge.socket ]; do sleep 0.1; done
slurmctld -D > control.out 2>&1 &
pids+=($!)
slurmd -D > node.out 2>&1 &
pids+=($!)
until sinfo --noheader --format %T 2> /dev/null | grep -q idle; do sleep 0.2; done

cat > training.sh <<'JOB'
#!/bin/bash
#SBATCH --array=0-2
#SBATCH --output=task-%a.log
echo "task $SLURM_ARRAY_TASK_ID: SLURM_JOB_ID=$SLURM_JOB_ID, of array $SLURM_ARRAY_JOB_ID"
[ "$SLURM_ARRAY_TASK_ID" = 0 ] || sleep 300
JOB
array=$(sbatch --parsable training.sh)
until [ "$(cat task-*.log 2> /dev/null | wc -l)" = 3 ] && [ "$(squeue --noheader --array | wc -l)" = 2 ]; do sleep 0.2; done
cat task-*.log
[ "$(grep -c "SLURM_JOB_ID=$array," task-*.log | grep -c ':1$')" = 1 ]
grep -q "SLURM_JOB_ID=$array," task-2.log
# As the last task would do for itself.
scontrol requeue "$array"
until [ "$(squeue --noheader --array --states=PENDING | wc -l)" = 3 ]; do sleep 0.2; done
squeue --noheader --array --format "%F_%K is %T again"
scancel "$array"

# Output:
#   task 0: SLURM_JOB_ID=2, of array 1
#   task 1: SLURM_JOB_ID=3, of array 1
#   task 2: SLURM_JOB_ID=1, of array 1
#   1_0 is PENDING again
#   1_1 is PENDING again
#   1_2 is PENDING again
