#version 330
uniform mat4 world_to_clip;
uniform vec2 squeeze;  // the grid reaches half a sample beyond the picture
in vec4 point;  // place and mesh
flat out float mesh;

void main() {
    mesh = point.w;
    gl_Position = world_to_clip * vec4(point.xyz, 1.0);
    gl_Position.xy *= squeeze;
}
