#!/bin/sh
echo "$(date -Is) $1"
