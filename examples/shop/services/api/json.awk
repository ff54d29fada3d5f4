# A line "tea,3.20" becomes "tea": 3.20; a price that is no number ends the build.
BEGIN { printf "{" }
$2 !~ /^[0-9]+(\.[0-9]+)?$/ { print FILENAME ":" NR ": not a price: " $0 >"/dev/stderr"; failed = 1; exit 1 }
{ printf "%s\"%s\": %s", (NR > 1 ? ", " : ""), $1, $2 }
END { if (!failed) print "}" }
