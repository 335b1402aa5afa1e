#!/bin/sh
# Counts the lines of a collection.
wc -l < "$1" | tr -d ' '
