#version 330
// What is seen at the pixels' centres: every second sample of the grid; the mesh leaves the triangle's number.
uniform sampler2D grid;
out vec4 seen;

void main() {
    seen = texelFetch(grid, 2 * ivec2(gl_FragCoord.xy) + 1, 0);
    if (seen.x >= 0.0) seen.x = float(int(seen.x) & 0x3ffff);
}
