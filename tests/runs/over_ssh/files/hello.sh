#!/bin/sh
echo "hello $1 on $(hostname)"
