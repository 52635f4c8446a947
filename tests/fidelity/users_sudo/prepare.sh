set -eu
useradd --create-home --comment 'has left' mallory
