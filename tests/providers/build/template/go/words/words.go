package words

const Said = "go first"
