#!/usr/bin/env bash
# A sweep as an array job of a real Slurm, one node in a folder: six shards, one of them killed and requeued, collected to the bytes of
# one process. Needs the built tool, slurm-wlm and munge, and root. What is missing is told, and skips it, unless
# FASTHYPER_REQUIRE_SLURM=1.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() {
  if [ "${FASTHYPER_REQUIRE_SLURM:-0}" = 1 ]; then echo "tests/slurm.sh: $1" >&2; exit 1; fi
  echo "tests/slurm.sh: skipped: $1"
  exit 0
}
fail() {
  echo "tests/slurm.sh: $1" >&2
  tail -n 20 "$folder"/*.log "$folder"/job-*.out >&2 2>/dev/null || true
  exit 1
}
export PATH=$PATH:/usr/sbin
[ "$(id -u)" -eq 0 ] || skip "not root"
for each in slurmctld slurmd munged sbatch; do command -v "$each" >/dev/null || skip "no $each (slurm-wlm, munge)"; done
tool=$PWD/src/FastHyper.Cli/bin/Release/net10.0/FastHyper.Cli.dll
[ -e "$tool" ] || skip "no $tool; build it first"

folder=$(mktemp -d)
chmod 755 "$folder"
stop() {
  scancel --user="$(id -un)" 2>/dev/null || true
  for pid in "$folder"/slurmd.pid "$folder"/slurmctld.pid "$folder"/munge/pid; do
    if [ -s "$pid" ]; then kill "$(cat "$pid")" 2>/dev/null || true; fi
  done
  for _ in $(seq 50); do
    pgrep -F "$folder/slurmd.pid" >/dev/null 2>&1 || break
    sleep 0.1
  done
  rm -rf "$folder"
}
trap stop EXIT

# One node in a folder.
mkdir -p "$folder"/{state,spool,munge}
chmod 700 "$folder/state" "$folder/spool"
host=$(hostname -s)
(umask 077; head -c 128 /dev/urandom > "$folder/munge/key")
cat > "$folder/slurm.conf" <<CONF
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
SchedulerType=sched/backfill
RequeueExit=75
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=60 State=UP
CONF
munged --force --socket="$folder/munge/socket" --key-file="$folder/munge/key" --pid-file="$folder/munge/pid" \
  --log-file="$folder/munge/munge.log" --seed-file="$folder/munge/seed" || skip "munged does not start"
export SLURM_CONF=$folder/slurm.conf
slurmctld -f "$folder/slurm.conf" || skip "slurmctld does not start"
slurmd -f "$folder/slurm.conf" || skip "slurmd does not start"
for _ in $(seq 100); do
  if sinfo -h -o %T 2>/dev/null | grep -q idle; then break; fi
  sleep 0.1
done
sinfo -h -o %T 2>/dev/null | grep -q idle || fail "the node does not come up"

# Twelve runs of two cells each, of which those of the third shard take some seconds: there is time to kill one.
cat > "$folder/sweep.yaml" <<'YAML'
base: four-rooms
set: {iterations: 400, record_every: 100, seeds: 2, backend: cpu, threads: 1}
axes:
  - grid: {four_rooms.beta: [1, 2, 3, 4, 5, 6], estimator.steps: [100, 2000], leader.learning_rate: [0.1, 0.2]}
YAML
# The script of the documentation, with this machine's tool and folders.
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' docs/cluster.md \
  | sed "s|^fasthyper=.*|fasthyper='dotnet $tool'|; s|^sweep=.*|sweep=$folder/sweep.yaml|; s|^out=.*|out=$folder/shards|" \
  | sed "s|^#SBATCH --time.*|#SBATCH --time=10|" > "$folder/sweep.sh"
grep -q '^#SBATCH --array=0-5' "$folder/sweep.sh" || fail "docs/cluster.md has no script of six tasks"
job=$(cd "$folder" && sbatch --parsable --output="$folder/job-%a.out" --mem=100 "$folder/sweep.sh")

# The third task is killed as soon as it works, with all that it has no time to save.
killed=0
for _ in $(seq 600); do
  pid=$(pgrep -f "FastHyper.Cli.dll sweep $folder/sweep.yaml" | while read -r each; do
    if tr '\0' '\n' < "/proc/$each/environ" 2>/dev/null | grep -qx SLURM_ARRAY_TASK_ID=2; then echo "$each"; fi; done | head -n 1) || true
  if [ -n "$pid" ] && [ -d "$folder/shards/runs" ]; then
    kill -KILL "$pid" && killed=1 && break
  fi
  sleep 0.1
done
[ $killed = 1 ] || fail "the third task was not seen at work"
echo "tests/slurm.sh: task 2 of job $job killed"
for _ in $(seq 600); do
  state=$(squeue -h -j "${job}_2" -o %T 2>/dev/null || true)
  case "$state" in RUNNING | COMPLETING) sleep 0.1 ;; *) break ;; esac
done
if dotnet "$tool" collect "$folder/shards" --out "$folder/early" > "$folder/early.log" 2>&1; then
  fail "nothing is missing of a shard that was killed"
fi
grep -q 'is missing' "$folder/early.log" || fail "missing cells are not named"
scontrol requeue "${job}_2" || fail "the task cannot be requeued"
for _ in $(seq 3000); do
  [ -n "$(squeue -h 2>/dev/null)" ] || break
  sleep 0.1
done
[ -z "$(squeue -h)" ] || fail "jobs are still there"

dotnet "$tool" sweep "$folder/sweep.yaml" --out "$folder/one" > "$folder/one.log"
for each in one shards; do
  dotnet "$tool" collect "$folder/$each" --by four_rooms.beta > "$folder/$each.txt" || fail "$each: cells are missing"
done
for each in cells.csv leaders.csv cells.parquet leaders.parquet best.csv report.html; do
  cmp "$folder/one/$each" "$folder/shards/$each" || fail "$each differs"
done
cells=$(($(wc -l < "$folder/one/cells.csv") - 1))
echo "tests/slurm.sh: six shards, one killed and requeued, collected: $cells cells, the bytes of one process"
