package pages

import (
	"context"
	"errors"

	"wadah/models"
)

// BrandSetting is the name that scan pages show above the code.
const BrandSetting = "brand"

// Brand is the name that scan pages carry; "" for none.
func Brand(ctx context.Context, store *models.Store) (string, error) {
	name, err := store.Setting(ctx, BrandSetting)
	if errors.Is(err, models.ErrNotFound) {
		return "", nil
	}
	return name, err
}
