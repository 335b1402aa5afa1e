#!/bin/bash
# Copies a folder to another place: backup.sh SOURCE TARGET
source=$1
target=$2

copy() {
  cp -r $source $target
  echo saved
}

copy
