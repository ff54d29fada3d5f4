module.exports = "node first";
