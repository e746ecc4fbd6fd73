#version 330
uniform mat4 world_to_clip;
in vec3 position;
out vec3 corner;
out float distance_along_axis;

void main() {
    int which = gl_VertexID % 3;
    corner = vec3(which == 0, which == 1, which == 2);
    gl_Position = world_to_clip * vec4(position, 1.0);
    distance_along_axis = gl_Position.w;
}
