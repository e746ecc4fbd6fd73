#version 330
// Colours from what is seen: a pixel is the mean of the nine samples on it and its border (the trapezoidal rule), each
// surface among them is shaded once. Lambert with a wrapped, reddened terminator for skin, spherical harmonics for the
// even light, GGX highlights and mirrored surroundings, Kajiya and Kay's highlights on hair.
uniform sampler2D grid;  // mesh and triangle, depth in the window
uniform usampler2D corners;  // three vertices and the mesh of each triangle
uniform sampler2D points;
uniform sampler2D normals;  // normal, openness
uniform sampler2D coordinates;  // u, v, share of the first lamp
uniform sampler2D surfaces;  // a row for each mesh, see raster_textures.py
uniform sampler2D atlas;
uniform sampler2D relief;  // rise along u and along v in metres per texture, darkness of creases
uniform sampler2D mirrored;  // surroundings, rougher from level to level
uniform sampler2D background;
uniform vec3 crease;  // what a crease leaves of the light
uniform vec3 eye;
uniform mat4 world_to_clip;
uniform vec2 steps;  // from sample to sample, in the whole picture's -1 to 1
uniform float near_by;  // window depth of a pixel's size, times the distance
uniform float pixel;  // size of a pixel at distance 1
uniform int lamps;
uniform vec3 lamp_direction[4];
uniform vec3 lamp_radiance[4];
uniform vec3 even[9];
uniform vec3 sky;
uniform vec3 ground;
uniform vec3 surroundings;  // strength, cosine and sine of the turn
out vec3 srgb;

const int ROUNDS = 5;
const ivec2 PLACE[9] = ivec2[9](ivec2(1, 1), ivec2(0, 1), ivec2(2, 1), ivec2(1, 0), ivec2(1, 2), ivec2(0, 0), ivec2(2, 0),
                                ivec2(0, 2), ivec2(2, 2));
const float WEIGHT[9] = float[9](4.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0);

//#include barycentric.glsl

vec4 row(sampler2D table, uint index) {
    return texelFetch(table, ivec2(index & 1023u, index >> 10u), 0);
}

vec3 to_linear(vec3 c) {
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c));
}

vec3 to_srgb(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    return mix(12.92 * c, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
}

// Energy-conserving wrap lighting; red wraps furthest, as light scatters furthest in skin.
vec3 diffuse(float cosine, float wrap) {
    vec3 w = wrap * vec3(0.2, 0.09, 0.06);
    return max((vec3(cosine) + w) / ((1.0 + w) * (1.0 + w)), 0.0);
}

// GGX over pi for a lamp whose light is given as that of a white matt surface; lamps are a little wide.
float highlight(vec3 n, vec3 l, vec3 v, float roughness, float specular) {
    float nl = dot(n, l);
    if (nl <= 0.0) return 0.0;
    vec3 h = normalize(l + v);
    float a = roughness * roughness + 0.035, a2 = a * a;
    float nh = max(dot(n, h), 0.0), nv = max(dot(n, v), 1e-3);
    float q = nh * nh * (a2 - 1.0) + 1.0;
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float g = 0.25 / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k));
    float f = 1.0 - clamp(dot(h, v), 0.0, 1.0), f5 = f * f * f * f * f;
    return a2 / (q * q) * g * (0.04 * specular + min(specular, 1.0) * 0.96 * f5) * nl;
}

// Karis, "Physically based shading on mobile" (2014): what a rough surface mirrors of even surroundings.
float reflected(float specular, float roughness, float nv) {
    vec4 r = roughness * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * nv)) * r.x + r.y;
    return 0.04 * specular * (-1.04 * a + r.z) + min(specular, 1.0) * (1.04 * a + r.w);
}

vec3 irradiance(vec3 n) {
    vec3 linear = even[0] + n.x * even[1] + n.y * even[2] + n.z * even[3];
    vec3 mixed = n.x * n.y * even[4] + n.y * n.z * even[5] + n.x * n.z * even[6];
    return max(linear + mixed + (3.0 * n.y * n.y - 1.0) * even[7] + (n.z * n.z - n.x * n.x) * even[8], 0.0);
}

vec3 mirror(vec3 r, float roughness) {
    vec3 found = mix(ground, sky, 0.5 + 0.5 * r.y);
    if (surroundings.x > 0.0) {
        vec2 flat_ = vec2(surroundings.y * r.x - surroundings.z * r.z, surroundings.z * r.x + surroundings.y * r.z);
        vec2 place = vec2(atan(flat_.x, -flat_.y) * 0.15915494 + 0.5, acos(clamp(r.y, -1.0, 1.0)) * 0.31830989);
        float level = roughness < 0.25 ? (roughness - 0.1) / 0.15
                    : roughness < 0.5 ? 1.0 + (roughness - 0.25) / 0.25 : 2.0 + (roughness - 0.5) / 0.3;
        found += surroundings.x * textureLod(mirrored, place, clamp(level, 0.0, 3.0)).rgb;
    }
    return found;
}

// Diffuse and specular light of hair: Kajiya and Kay, "Rendering fur with three dimensional textures" (1989), with one
// highlight for each way that light leaves a hair: off its surface, and once through it, tinted and further to the tip.
void light_hair(vec3 t, vec3 n, vec3 l, vec3 v, float roughness, vec3 base, out float matt, out vec3 shine) {
    float tl = dot(t, l), facing = clamp(0.35 + 0.65 * dot(n, l), 0.0, 1.0);
    matt = sqrt(max(1.0 - tl * tl, 0.0)) * facing * 0.75;
    vec3 h = normalize(l + v);
    float th = dot(t, h), sharp = 1.3 / max(roughness * roughness, 0.01);
    float first = exp(-sharp * (th + 0.10) * (th + 0.10)), second = exp(-0.35 * sharp * (th - 0.14) * (th - 0.14));
    shine = (0.06 * first + 0.8 * second * base) * facing;
}

vec3 shaded(int triangle, ivec2 sample_) {
    uvec4 corner = texelFetch(corners, ivec2(triangle & 1023, triangle >> 10), 0);
    vec3 p0 = row(points, corner.x).xyz, p1 = row(points, corner.y).xyz, p2 = row(points, corner.z).xyz;
    vec4 weight = met(sample_, p0, p1, p2);
    vec4 n0 = row(normals, corner.x), n1 = row(normals, corner.y), n2 = row(normals, corner.z);
    vec4 normal = weight.x * n0 + weight.y * n1 + weight.z * n2;
    vec3 c0 = row(coordinates, corner.x).xyz, c1 = row(coordinates, corner.y).xyz, c2 = row(coordinates, corner.z).xyz;
    vec3 place = weight.x * c0 + weight.y * c1 + weight.z * c2;
    vec3 point = weight.x * p0 + weight.y * p1 + weight.z * p2;
    int mesh = int(corner.w);
    vec4 surface = texelFetch(surfaces, ivec2(0, mesh), 0);  // specular, roughness, subsurface, hair
    vec4 layout_ = texelFetch(surfaces, ivec2(1, mesh), 0);  // levels, texels, relief or not

    vec3 e1 = p1 - p0, e2 = p2 - p0, face = cross(e1, e2);
    vec2 d1 = c1.xy - c0.xy, d2 = c2.xy - c0.xy;
    float area = max(dot(face, face), 1e-20), turned = d1.x * d2.y - d2.x * d1.y;
    vec3 v = normalize(eye - point);
    vec3 n = normalize(normal.xyz);
    // Seen from behind, the triangle's own side decides, as the rasteriser would: n may lean past the silhouette.
    // Normals of hair are those of its volume, whichever side a ribbon turns to the camera.
    if (surface.w == 0.0 && dot(face, v) < 0.0) n = -n;
    float size = pixel * weight.w, foreshortened = max(abs(dot(face, v)) * inversesqrt(area), 0.3);
    float extent = sqrt(abs(turned) * inversesqrt(area) / foreshortened) * size;  // of a pixel in the texture
    float texels = extent * sqrt(layout_.y);
    // Ribbons of hair are narrow: across them a pixel takes more of the texture than its mean extent says.
    int level = int(clamp(log2(max(texels, 1e-6)) + 0.35 + 1.2 * surface.w, 0.0, layout_.x - 1.0));
    vec4 rectangle = texelFetch(surfaces, ivec2(4 + level, mesh), 0);
    // What bends within a pixel mirrors as much as a rougher surface that does not (Tokuyoshi and Kaplanyan, "Improved
    // geometric specular antialiasing", 2019); fibres are lit by their own law.
    vec3 b1 = n1.xyz - n0.xyz, b2 = n2.xyz - n0.xyz;
    float bend = max(dot(b1, b1) / max(dot(e1, e1), 1e-12), dot(b2, b2) / max(dot(e2, e2), 1e-12)) * size * size;
    float spread = surface.y * surface.y;
    if (surface.w == 0.0) surface.y = sqrt(sqrt(spread * spread + min(0.05 * bend, 0.18)));
    vec2 uv = fract(place.xy);
    vec3 base = textureLod(atlas, rectangle.xy + uv * rectangle.zw, 0.0).rgb;

    if (layout_.z > 0.0) {
        vec4 window = texelFetch(surfaces, ivec2(2, mesh), 0), target = texelFetch(surfaces, ivec2(3, mesh), 0);
        vec2 within = (place.xy - window.xy) * window.zw;
        if (within == clamp(within, 0.0, 1.0)) {
            // Folds are finer than pixels: the mean of four places within the pixel.
            vec2 q = 0.25 * extent * window.zw * target.zw, at = target.xy + within * target.zw;
            vec3 skin = 0.25 * (textureLod(relief, at + q, 0.0).rgb + textureLod(relief, at - q, 0.0).rgb
                              + textureLod(relief, at + vec2(q.x, -q.y), 0.0).rgb
                              + textureLod(relief, at + vec2(-q.x, q.y), 0.0).rgb);
            // The gradient over the surface of a function that is linear in the triangle.
            vec3 along = cross(e2, face), across = cross(face, e1);
            vec3 rise = skin.x * (d1.x * along + d2.x * across) + skin.y * (d1.y * along + d2.y * across);
            n = normalize(n - sign(dot(face, n)) * sign(dot(face, v)) * rise / area);
            base *= 1.0 - skin.b * (1.0 - crease);
        }
    }

    float open = clamp(normal.w, 0.0, 1.0), nv = max(dot(n, v), 0.15);
    vec3 light = irradiance(n) * open;
    vec3 shine = vec3(0.0);
    if (surface.x > 0.0 && surface.w < 1.0)
        shine = mirror(reflect(-v, n), surface.y) * reflected(surface.x, surface.y, nv) * open * (1.0 - surface.w);
    // Where skin turns away, what it would mirror is mostly the rest of the head.
    shine *= mix(1.0, clamp(0.15 + 2.0 * dot(n, v), 0.0, 1.0), surface.z);
    vec3 strand = normalize((turned < 0.0 ? -1.0 : 1.0) * (e2 * d1.x - e1 * d2.x) + 1e-12);
    for (int i = 0; i < lamps; ++i) {
        float reach = mix(0.35, 1.0, open) * clamp(open / 0.15, 0.0, 1.0) * (i == 0 ? place.z : 1.0);
        vec3 matt = diffuse(dot(n, lamp_direction[i]), surface.z);
        vec3 gloss = vec3(surface.x > 0.0 ? highlight(n, lamp_direction[i], v, surface.y, surface.x) * open : 0.0);
        if (surface.w > 0.0) {
            float hairy;
            vec3 glint;
            light_hair(strand, n, lamp_direction[i], v, surface.y, base, hairy, glint);
            matt = mix(matt, vec3(hairy), surface.w);
            gloss = mix(gloss, surface.x * glint * open, surface.w);
        }
        light += lamp_radiance[i] * matt * reach;
        shine += lamp_radiance[i] * gloss * (i == 0 ? place.z : 1.0);
    }
    return base * light + shine;
}

void main() {
    ivec2 origin = 2 * ivec2(gl_FragCoord.xy);
    vec2 seen[9];
    int left = 0;
    for (int k = 0; k < 9; ++k) {
        seen[k] = texelFetch(grid, origin + PLACE[k], 0).xy;
        if (seen[k].x >= 0.0) left |= 1 << k;
    }
    vec3 sum = vec3(0.0);
    float cover = 0.0;
    for (int round_ = 0; round_ < ROUNDS && left != 0; ++round_) {
        vec2 one = vec2(0.0);
        ivec2 sample_ = ivec2(0);
        for (int k = 8; k >= 0; --k)
            if ((left >> k & 1) != 0) {
                one = seen[k];
                sample_ = origin + PLACE[k];
            }
        int mesh = int(one.x) >> 18;
        // Steps in the window's depth shrink with the square of the distance, pixels grow with it.
        float close = near_by * (1.0 - one.y), part = 0.0;
        for (int k = 0; k < 9; ++k) {
            bool same = (int(seen[k].x) >> 18) == mesh && abs(seen[k].y - one.y) < close;
            if ((left >> k & 1) != 0 && (same || round_ == ROUNDS - 1)) {
                part += WEIGHT[k];
                left &= ~(1 << k);
            }
        }
        vec3 light = shaded(int(one.x) & 0x3ffff, sample_);
        // Soft shoulder: keeps highlights from clipping to flat white.
        light = mix(light, 1.0 - 0.2 * exp(-(light - 0.8) / 0.2), step(0.8, light));
        sum += part * light;
        cover += part;
    }
    vec3 behind = texelFetch(background, ivec2(gl_FragCoord.xy), 0).rgb;
    srgb = cover == 0.0 ? behind : to_srgb((sum + (16.0 - cover) * to_linear(behind)) / 16.0);
}
