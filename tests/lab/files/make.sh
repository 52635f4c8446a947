#!/bin/sh
echo making
echo made > "$1"
