package privilege_test

import (
	"go/ast"
	"go/token"
	"strconv"
)

// signed are the operations of calls that are made without the SDK's client of their service: those that a SignedCall names, that
// are assigned to one, or handed to the function that makes one. One whose name it cannot find is an operation without a name,
// for which there is no row.
func signed(files []*ast.File) map[string]token.Pos {
	found, makers := map[string]token.Pos{}, map[string]string{}
	each := func(visit func(function *ast.FuncDecl)) {
		for _, file := range files {
			for _, d := range file.Decls {
				if function, ok := d.(*ast.FuncDecl); ok && function.Body != nil {
					visit(function)
				}
			}
		}
	}
	each(func(function *ast.FuncDecl) {
		service := ""
		ast.Inspect(function, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if !isSignedCall(n.Type) {
					return true
				}
				var op ast.Expr
				service, op = text(field(n, "Service")), field(n, "Op")
				if name, ok := op.(*ast.Ident); ok && isParameter(function, name.Name) {
					makers[function.Name.Name] = service
				} else {
					found[service+":"+text(op)] = n.Pos()
				}
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					if selector, ok := left.(*ast.SelectorExpr); ok && selector.Sel.Name == "Op" && service != "" && len(n.Rhs) == len(n.Lhs) {
						found[service+":"+text(n.Rhs[i])] = n.Pos()
					}
				}
			}
			return true
		})
	})
	each(func(function *ast.FuncDecl) {
		ast.Inspect(function, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 {
				if name, ok := call.Fun.(*ast.Ident); ok && makers[name.Name] != "" {
					found[makers[name.Name]+":"+text(call.Args[0])] = n.Pos()
				}
			}
			return true
		})
	})
	return found
}

func isSignedCall(e ast.Expr) bool {
	if selector, ok := e.(*ast.SelectorExpr); ok {
		e = selector.Sel
	}
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "SignedCall"
}

// field is a field of a literal; nil if it is not there.
func field(literal *ast.CompositeLit, name string) ast.Expr {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == name {
				return pair.Value
			}
		}
	}
	return nil
}

// text is what a literal string says; empty if it is none.
func text(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	value, _ := strconv.Unquote(literal.Value)
	return value
}

func isParameter(function *ast.FuncDecl, name string) bool {
	for _, list := range function.Type.Params.List {
		for _, p := range list.Names {
			if p.Name == name {
				return true
			}
		}
	}
	return false
}
