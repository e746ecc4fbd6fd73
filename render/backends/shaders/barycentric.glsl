// Where a triangle is met at a sample of the grid: the weights of its three corners, and the depth along the axis.
// Olano and Greer, "Triangle scan conversion using 2D homogeneous coordinates" (1997): perspective needs no division.
vec4 met(ivec2 place, vec3 p0, vec3 p1, vec3 p2) {
    vec2 ndc = vec2(place) * steps - 1.0;
    vec4 q0 = world_to_clip * vec4(p0, 1.0), q1 = world_to_clip * vec4(p1, 1.0), q2 = world_to_clip * vec4(p2, 1.0);
    vec2 a = q0.xy - ndc * q0.w, b = q1.xy - ndc * q1.w, c = q2.xy - ndc * q2.w;
    vec3 weight = vec3(b.x * c.y - b.y * c.x, c.x * a.y - c.y * a.x, a.x * b.y - a.y * b.x);
    float sum = weight.x + weight.y + weight.z;
    // Rounding to the rasteriser's own grid may have met a triangle just beyond its sides.
    weight = abs(sum) > 1e-30 ? clamp(weight / sum, 0.0, 1.0) : vec3(1.0);
    weight /= weight.x + weight.y + weight.z;
    return vec4(weight, dot(weight, vec3(q0.w, q1.w, q2.w)));
}
