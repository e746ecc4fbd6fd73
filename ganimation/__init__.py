"""GANimation (Pumarola et al., ECCV 2018): edits a face by continuous Action Units."""
