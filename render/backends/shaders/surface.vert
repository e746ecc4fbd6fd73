#version 330
uniform mat4 world_to_clip;
in vec3 position;
in vec3 normal;
in vec2 texcoord;
in float openness;
out vec3 world_position;
out vec3 world_normal;
out vec2 uv;
out float occlusion;

void main() {
    world_position = position;
    world_normal = normal;
    uv = texcoord;
    occlusion = openness;
    gl_Position = world_to_clip * vec4(position, 1.0);
}
