// Package cloudformation is the lab's AWS CloudFormation: templates in YAML or JSON, and stacks of resources that it makes
// by calling the other services of the lab over the wire, with the credentials of whoever called it.
//
// What it knows of templates and what it does about failure follow AWS's user guide. A resource type, property, intrinsic
// function or parameter type that it does not know is an error that says so: nothing in a template is ignored. Resources are
// made one after the other, where AWS makes those at once that don't depend on each other. Stack sets have service-managed
// permissions and the organization's root as their only unit; accounts that join later get nothing from them.
package cloudformation
