# What changed from FROM to TO, with lines and sizes.
tell_changes "$FROM" "$TO"
