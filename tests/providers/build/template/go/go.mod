module example.org/go

go 1.21

require example.org/words v0.0.0

replace example.org/words => ./words
