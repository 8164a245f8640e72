# Sourced by every finding, not run by itself.
#
#   packages NAME==VERSION...   a fresh environment in a temporary folder, gone at the end
#   without_dependencies NAME==VERSION...   packages whose own pins would pull in what is not needed
#   run < PROGRAM               the Python program on standard input, in that folder
#
# FINDINGS_PYTHON names an interpreter to use instead of a fresh environment, one that has the packages already.

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1 # sums in one order
PYTHONPATH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) # sources.py
export PYTHONPATH PYTHONDONTWRITEBYTECODE=1

interpreter() {
    if [ -n "${FINDINGS_PYTHON:-}" ]; then
        realpath -s "$(command -v "$FINDINGS_PYTHON")" # a link's own place is what makes it an environment
        return
    fi
    [ -d "$folder/environment" ] || python3 -m venv "$folder/environment"
    echo "$folder/environment/bin/python"
}

packages() {
    [ -n "${FINDINGS_PYTHON:-}" ] || "$(interpreter)" -m pip install --quiet --disable-pip-version-check "$@"
}

without_dependencies() {
    packages --no-deps "$@"
}

run() {
    local python
    python=$(interpreter)
    (cd "$folder" && "$python" -W ignore -)
}
