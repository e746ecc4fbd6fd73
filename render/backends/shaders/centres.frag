#version 330
// What is seen at the pixels' centres, every second sample of the grid: triangle, two barycentrics, depth.
uniform sampler2D grid;  // mesh and triangle, depth in the window
uniform usampler2D corners;  // three vertices and the mesh of each triangle
uniform sampler2D points;
uniform mat4 world_to_clip;
uniform vec2 steps;  // from sample to sample, in the whole picture's -1 to 1
out vec4 seen;

//#include barycentric.glsl

vec3 point(uint index) {
    return texelFetch(points, ivec2(index & 1023u, index >> 10u), 0).xyz;
}

void main() {
    ivec2 place = 2 * ivec2(gl_FragCoord.xy) + 1;
    float found = texelFetch(grid, place, 0).x;
    int triangle = int(found) & 0x3ffff;
    uvec4 corner = texelFetch(corners, ivec2(triangle & 1023, triangle >> 10), 0);
    vec4 where = met(place, point(corner.x), point(corner.y), point(corner.z));
    seen = found < 0.0 ? vec4(-1.0, 0.0, 0.0, 1.0 / 0.0) : vec4(float(triangle), where.xy, where.w);
}
