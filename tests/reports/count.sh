#!/usr/bin/env bash
# Which field reports the tests show. See README.md here.
#
#   count.sh --check     every row is known, and every test named for it is in the sources
#   count.sh LOG...      how many rows the tests cover that passed in these logs of cargo test and the
#                        AstrBot scenario, and JUnit files of pytest
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

# The rows' ids, in the order of the tables in README.md and of the threat model.
rows() { sed -n 's/^| \([ADFNPRS][0-9][0-9]*\) |.*/\1/p' "$here/README.md" "$root/host-shim/SECURITY.md"; }

# What tests are called in the sources: functions of Rust and Python in full, of the scenario's steps how
# they begin, with `_` for blanks. (The rest of a step's name may be put together while it runs.)
sources() {
    cd "$root" || exit
    grep -rhoE --include='*.rs' --include='*.py' '\b(fn|def) +[A-Za-z0-9_]+' plugin host-shim tests |
        awk '{ print "name", $2 }'
    grep -hoE '"[^"{]{12,}' tests/astrbot/*.py | tr -d '"' | tr ' ' _ | awk '{ print "step", $0 }'
}

check() {
    awk -F '\t' -v rows="$(rows | tr '\n' ' ')" '
        BEGIN { n = split(rows, list, " "); for (i = 1; i <= n; i++) known[list[i]] = 1 }
        part == 1 {
            text = substr($0, 6)
            if (/^name /) names[text] = 1; else steps[++s] = text
            next
        }
        /^#/ || /^[ \t]*$/ { next }
        {
            place = FILENAME ":" FNR
            if (NF != 3) { print place ": not ROW, report and tests between tabs"; bad = 1; next }
            if (!($1 in known)) { print place ": no row " $1; bad = 1 }
            n = split($3, tests, " ")
            for (i = 1; i <= n; i++) {
                found = tests[i] in names
                for (j = 1; !found && j <= s; j++) found = index(tests[i], steps[j]) == 1
                if (!found) { print place ": no test " tests[i] " in the sources"; bad = 1 }
            }
        }
        END { exit bad }' part=1 - part=2 "$here"/*.tsv < <(sources)
}

# A line `ok NAME` or `FAILED NAME` for each test that ran.
results() {
    for file in "$@"; do
        # A pattern that fits no file is left as it is.
        [[ -f $file ]] && cat "$file" && echo
    done | sed 's/\x1b\[[0-9;]*m//g' | awk '
        function say(how, name) { sub(/^.*::/, "", name); print how, name }
        # With --nocapture what a test prints stands between its name and its end.
        /^test [^ ]+ .*\.\.\. / { name = $2; }
        /^test [^ ]+ .*\.\.\. ok$/ || (/^ok$/ && name) { say("ok", name); name = "" }
        /^test [^ ]+ .*\.\.\. FAILED$/ || (/^FAILED$/ && name) { say("FAILED", name); name = "" }
        # A JUnit file is one line, but for what tests print.
        /<testcase / {
            n = split($0, cases, "<testcase ")
            for (i = 2; i <= n; i++) {
                text = " " cases[i]
                if (text ~ /<skipped/ || !match(text, / name="[^"]*"/)) continue
                found = substr(text, RSTART + 7, RLENGTH - 8)
                sub(/\[.*/, "", found)
                say(text ~ /<(failure|error)/ ? "FAILED" : "ok", found)
            }
        }
        /^(ok  |FAIL) [^:]*: .* \([0-9.]+ s\)$/ {
            step = $0
            sub(/^.... [^:]*: /, "", step)
            sub(/ \([0-9.]+ s\)$/, "", step)
            gsub(/ /, "_", step)
            print /^ok/ ? "ok" : "FAILED", step
        }'
}

summary() {
    awk -v rows="$(rows | tr '\n' ' ')" '
        BEGIN { total = split(rows, list, " ") }
        part == 1 { if ($1 == "FAILED") failed[$2] = 1; else passed[$2] = 1; next }
        /^#/ { next }
        {
            named[$1] = 1
            for (i = 3; i <= NF; i++) {
                if ($i in failed) broken[$1] = 1
                else if ($i in passed) { shown[$1] = 1; used[$i] = 1 }
            }
        }
        END {
            for (i = 1; i <= total; i++) {
                row = list[i]
                if (row in shown && !(row in broken)) { covered++; continue }
                why = row in broken ? "failed" : row in named ? "not run" : "no test"
                missing = missing (missing ? ", " : "; not covered: ") row " (" why ")"
            }
            for (name in used) tests++
            printf "reports: %d of %d rows covered by %d tests%s\n", covered, total, tests, missing
        }' part=1 - part=2 "$here"/*.tsv < <(results "$@")
}

case ${1:-} in
--check) check ;;
"" | -*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}" ;;
*) summary "$@" ;;
esac
