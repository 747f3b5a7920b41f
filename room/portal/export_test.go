package portal

// Views is the data of every page, for its template to be checked against.
func Views() map[string]any {
	return map[string]any{
		"portal-start": startView{}, "portal-sign": nil, "portal-downloads": downloadsView{}, "portal-about": "",
		"portal-agreement": agreementView{}, "portal-form": formView{}, "portal-keys": keysView{}, "portal-check": checkView{}, "portal-done": doneView{},
		"portal-status-form": nil, "portal-status": statusView{}, "portal-cancel": cancelView{}, "portal-install": installView{}, "portal-installed": installView{},
		"portal-revoke": nil, "portal-holder": nil, "portal-reason": reasonView{}, "portal-statement": statementView{}, "portal-revoked": revokedView{},
		"portal-code": nil, "portal-held": heldView{},
	}
}
