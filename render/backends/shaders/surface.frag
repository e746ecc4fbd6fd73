#version 330
// Lambert with a wrapped, reddened terminator for skin, hemisphere ambient light with occlusion, and a GGX highlight.
uniform sampler2D albedo;
uniform bool wrinkled;
uniform sampler2D relief;  // rise along u and along v in metres per texture, darkness of creases
uniform vec3 crease;  // what a crease leaves of the light
uniform vec3 surface;  // specular, roughness, subsurface
uniform vec3 eye;
uniform vec3 lamp_direction[4];
uniform vec3 lamp_radiance[4];
uniform vec3 sky;
uniform vec3 ground;
in vec3 world_position;
in vec3 world_normal;
in vec2 uv;
in float occlusion;
out vec4 radiance;

vec3 to_linear(vec3 srgb) {
    return mix(srgb / 12.92, pow((srgb + 0.055) / 1.055, vec3(2.4)), step(0.04045, srgb));
}

// Energy-conserving wrap lighting; red wraps furthest, as light scatters furthest in skin.
vec3 diffuse(float cosine, float wrap) {
    vec3 w = wrap * vec3(0.45, 0.22, 0.14);
    return max((vec3(cosine) + w) / ((1.0 + w) * (1.0 + w)), 0.0);
}

float highlight(vec3 n, vec3 l, vec3 v, float roughness) {
    vec3 h = normalize(l + v);
    float a2 = pow(roughness, 4.0);
    float nh = max(dot(n, h), 0.0), nl = max(dot(n, l), 0.0), nv = max(dot(n, v), 1e-3);
    float d = a2 / pow(nh * nh * (a2 - 1.0) + 1.0, 2.0);
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float g = 0.25 / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k));
    float fresnel = 0.04 + 0.96 * pow(1.0 - clamp(dot(h, v), 0.0, 1.0), 5.0);
    return d * g * fresnel * nl / 3.14159265;
}

// The normal of the surface raised by a height whose slopes over the texture are known. The texture's layout reaches
// the screen through the chain rule, the screen reaches the surface as in Mikkelsen, "Bump mapping unparametrized
// surfaces on the GPU" (2010): no tangents are needed.
vec3 bumped(vec3 n, vec2 slope) {
    if (slope == vec2(0.0)) return n;
    vec3 right = dFdx(world_position), up = dFdy(world_position);
    vec3 across = cross(up, n), along = cross(n, right);
    float area = dot(right, across);
    vec3 gradient = dot(slope, dFdx(uv)) * across + dot(slope, dFdy(uv)) * along;
    return normalize(abs(area) * n - sign(area) * gradient);
}

void main() {
    vec3 n = normalize(gl_FrontFacing ? world_normal : -world_normal);
    vec3 v = normalize(eye - world_position);
    vec3 base = to_linear(texture(albedo, uv).rgb);
    if (wrinkled) {
        vec3 skin = texture(relief, uv).rgb;
        n = bumped(n, skin.rg);
        base *= 1.0 - skin.b * (1.0 - crease);
    }
    float open = clamp(occlusion, 0.0, 1.0);
    vec3 light = mix(ground, sky, 0.5 + 0.5 * n.y) * open;
    vec3 shine = mix(ground, sky, 0.5 + 0.5 * reflect(-v, n).y) * 0.04 * surface.x * open * (1.0 - surface.y);
    for (int i = 0; i < 4; ++i) {
        float shade = mix(0.35, 1.0, open) * clamp(open / 0.15, 0.0, 1.0);
        light += lamp_radiance[i] * diffuse(dot(n, lamp_direction[i]), surface.z) * shade;
        shine += lamp_radiance[i] * surface.x * highlight(n, lamp_direction[i], v, surface.y) * open;
    }
    radiance = vec4(base * light + shine, 1.0);
}
