# Keeps the file NAME of our folder as an object.
git hash-object -w --no-filters -- "$SCRATCH/$NAME" | tr '\n' '\0'
rm -f -- "$SCRATCH/$NAME"
