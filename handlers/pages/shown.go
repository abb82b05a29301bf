package pages

import (
	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/views"
)

// ShownTo is to whom something was last shown; the zero view stays zero.
func ShownTo(v models.SecretView, z visitor.Zone) views.Shown {
	shown := views.Shown{To: v.Viewer.Name, By: views.ShownToUser, At: z.At(v.At)}
	switch v.Viewer.ID {
	case models.ViewerCLI:
		shown.By = views.ShownByCLI
	case models.ViewerSystem:
		shown.By = views.ShownBySystem
	}
	return shown
}
