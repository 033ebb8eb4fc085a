package deployer

// Body is what is sent of a template.
var Body = body
