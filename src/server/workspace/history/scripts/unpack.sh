# Puts the archive SCRATCH/NAME into a fresh workspace.
set -uo pipefail
tar --extract --preserve-permissions --no-same-owner --file="$SCRATCH/$NAME" --directory="$WORKTREE"
