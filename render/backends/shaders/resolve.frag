#version 330
// Averages 2x2 linear samples over the background and encodes sRGB.
uniform sampler2D linear_image;
uniform sampler2D background;
out vec3 srgb;

vec3 to_linear(vec3 c) {
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c));
}

vec3 to_srgb(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    return mix(12.92 * c, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
}

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec4 sum = vec4(0.0);
    for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 2; ++x) {
            vec4 s = texelFetch(linear_image, 2 * pixel + ivec2(x, y), 0);
            // Soft shoulder: keeps highlights from clipping to flat white.
            vec3 soft = mix(s.rgb, 1.0 - 0.2 * exp(-(s.rgb - 0.8) / 0.2), step(0.8, s.rgb));
            sum += vec4(soft, s.a) * s.a;
        }
    sum *= 0.25;
    srgb = to_srgb(sum.rgb + (1.0 - sum.a) * to_linear(texelFetch(background, pixel, 0).rgb));
}
