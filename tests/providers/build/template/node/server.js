const said = require("words");
require("http")
  .createServer((_, response) => response.end(said))
  .listen(process.env.PORT);
