"""The words of the report that not everybody knows."""

TERMS = {
    "activation": "Intensity of one AU: 0 is absent, 1 is the most that this face can do.",
    "arm": "One training set with its settings. Everything else is the same for all arms.",
    "attention": "GANimation's mask. Where it is 1 the input is kept, where it is 0 the network paints.",
    "AU": "Action Unit: one visible movement of the face, numbered by FACS. AU12 pulls the lip corners up.",
    "critic": "The network that GANimation trains against its generator. It also reads AUs.",
    "dB": "Decibel: each 3 dB more halves the mean squared error.",
    "emulated": "Rendered, and labelled as coarsely and wrongly as photographs are.",
    "exact twin": "The same face, pose and light rendered with the expression asked for: what a perfect edit shows.",
    "FACS": "Facial Action Coding System (Ekman, Friesen & Hager 2002).",
    "GANimation": "Pumarola and others, ECCV 2018: edits the expression of a face towards AUs asked for.",
    "interval": "95 % bootstrap interval. People in the test are drawn anew, with all their pairs.",
    "judge": "A network that reads AUs off images. It shares nothing with any critic, and no person with any arm.",
    "MAE": "Mean absolute error, in activation.",
    "PCC": "Pearson's correlation: 1 is perfect agreement up to scale and offset, 0 is none.",
    "ICC": "Intraclass correlation ICC(3,1): like PCC, but another spread counts against it.",
    "PSNR": "Peak signal-to-noise ratio: how small the squared error of the pixels is.",
    "SSIM": "Structural similarity of small neighbourhoods: 1 is equal.",
    "seed": "What all random numbers of a training follow from.",
    "Monk tone": "One of the ten skin tones of the Monk Skin Tone scale, 1 the lightest.",
    "lighting ratio": "Light on skin that faces the brightest lamp over the light in its shadow: 1 is flat, 8 is hard.",
}
"""By word, in the order of the page."""
